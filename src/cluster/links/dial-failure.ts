import { type ErrorCode, OdError } from '../../core/errors/index.ts'
import { formatMultiaddress, type Multiaddress } from '../identity/index.ts'

/** What the system says, and what it means to a person. */
const meanings: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'OD_LINK_PORT_CLOSED',
  ENOTFOUND: 'OD_LINK_NAME_UNKNOWN',
  EAI_AGAIN: 'OD_LINK_NAME_UNKNOWN',
  EAI_NODATA: 'OD_LINK_NAME_UNKNOWN',
  ENODATA: 'OD_LINK_NAME_UNKNOWN',
  EPROTO: 'OD_LINK_NOT_A_NODE',
}

/** Names why no link came up, from an error of the system or of OpenSSL. */
export function dialFailure(address: Multiaddress, cause: NodeJS.ErrnoException): OdError {
  const reason = cause.code ?? 'unknown reason'
  const isProtocol = reason.startsWith('ERR_SSL_')
  const code = isProtocol ? 'OD_LINK_NOT_A_NODE' : (meanings[reason] ?? 'OD_LINK_UNREACHABLE')
  return new OdError(code, { address: formatMultiaddress(address), reason }, { cause })
}

/** From the one that tells most about what to do to the one that tells least. */
const telling: readonly ErrorCode[] = [
  'OD_LINK_WRONG_ID',
  'OD_LINK_NOT_A_NODE',
  'OD_LINK_TUNNEL_REFUSED',
  'OD_LINK_PORT_CLOSED',
  'OD_LINK_CONNECT_TIMEOUT',
  'OD_LINK_NAME_UNKNOWN',
  'OD_LINK_UNREACHABLE',
]

/** The failure to report when every address failed; at least one is given. */
export function mostTelling(failures: readonly OdError[]): OdError {
  const rank = ({ code }: OdError) => telling.indexOf(code)
  return failures.reduce((best, other) => (rank(other) < rank(best) ? other : best))
}
