import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'

/** Passes requests on through a pool: bytes and headers as they come, back-pressure. */
export function relayThrough(pool: Pick<Dispatcher, 'dispatch'>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'POST', url: path = '/', rawHeaders: headers } = request
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      pool.dispatch({ method, path, headers, body: body ?? null }, onward)
    })
    const onward: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart({ rawHeaders }, status) {
        response.writeHead(status, (rawHeaders as Buffer[]).map(String))
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    }
  }
}
