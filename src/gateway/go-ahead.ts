import type { Exchange } from './exchange.ts'

/**
 * Tells a client that asked to be told ("Expect: 100-continue") that its body is wanted. Behind answers that are still to come
 * only when they are out: of a response that waits for its turn Node sends the head first, and this in the middle of its body.
 */
export function letSend({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  if (request.headers.expect?.toLowerCase() !== '100-continue') return
  if (response.socket !== null) response.writeContinue()
  else response.once('socket', () => !response.headersSent && response.writeContinue())
}
