import { OdError } from '../core/errors/index.ts'
import { requireCloud } from './cloud.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import { relay } from './relay.ts'
import type { Handling } from './routes.ts'

/** A request about the account of this node's Ollama, or to its cloud. */
interface AccountRequest {
  readonly handling: Extract<Handling, { type: 'account' }>
  readonly parameters: Readonly<Record<string, string>>
  readonly query: string
  readonly body: Buffer
}

/**
 * Has the one engine that may ask the cloud answer, byte for byte. Throws OD_CLOUD_DISABLED where none may, and what `relay`
 * throws. An empty question to the web is refused first, as in Ollama.
 */
export async function relayAccount(
  exchange: Exchange,
  { handling, parameters, query, body }: AccountRequest,
  context: GatewayContext,
): Promise<void> {
  const { path = '' } = exchange.route ?? {}
  if (path.includes('/web_') && body.toString('latin1').trim() === '') {
    throw new OdError('OD_BODY_MISSING')
  }
  const mayAnswer = requireCloud(handling.what, context)
  const { key = '' } = parameters
  const asked = path.replace(':key', encodeURIComponent(key))
  await relay(
    exchange,
    { path: `${asked}${query}`, body, wish: { isUnload: false }, mayAnswer },
    context,
  )
}
