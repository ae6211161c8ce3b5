/** What went wrong between a command and a gateway, as errors of the catalogue. */
import { isOdError, OdError } from '../core/errors/index.ts'
import { limits } from './limits.ts'
import { parseObject } from './ndjson.ts'

/** Failures that mean that nothing was sent: nobody is there, or the way is blocked. */
const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'no way to that host',
  ENETUNREACH: 'no way to that network',
  EADDRNOTAVAIL: 'no such address',
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${limits.connectMs / 1000} s`,
}

/**
 * The error for a request that failed below HTTP. `headersMs` is how long the beginning of an answer was waited for. What
 * is not the network's is given back as it is: a bug must not look like a cut answer.
 */
export function connectionError(error: unknown, url: string, headersMs: number): unknown {
  const code = (error as { code?: unknown } | undefined)?.code
  if (isOdError(error) || typeof code !== 'string') return error
  const reason = unreachable[code]
  if (reason !== undefined)
    return new OdError('OD_CLI_UNREACHABLE', { url, reason }, { cause: error })
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new OdError('OD_CLI_NO_ANSWER', { url, seconds: headersMs / 1000 }, { cause: error })
  }
  if (code.startsWith('HPE_') || code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    const words = 'it speaks another protocol'
    return new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason: words }, { cause: error })
  }
  return new OdError('OD_CLI_ANSWER_CUT', { url }, { cause: error })
}

/** An error that the node itself explains. */
export function advisedError(reason: string, remedy: string): OdError {
  return new OdError('OD_CLI_ADVISED', { reason, remedy: remedy.replaceAll(/\p{Cc}/gu, '') })
}

/** The error for an answer with an error's status. Ollama's form is `{"error":"…"}`. `isWork`: models were to be worked on. */
export function answerError(status: number, body: string, url: string, isWork = false): OdError {
  const { error: text, remedy } = parseObject(body) ?? {}
  if (typeof text !== 'string') {
    return new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason: `it answers with status ${status}` })
  }
  const model = /^model ['"](.+)['"] not found/.exec(text)?.[1]
  if (model !== undefined) return new OdError('OD_MODEL_NOT_FOUND', { model })
  if (typeof remedy === 'string') return advisedError(text, remedy)
  if (isWork && status !== 503) return new OdError('OD_CLI_WORK_FAILED', { reason: text })
  return new OdError('OD_CLI_REFUSED', { reason: text, status })
}
