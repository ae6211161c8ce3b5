/**
 * The least that a relay of Node can do: `node:http` in front, undici's pool behind, bytes and headers as they come,
 * back-pressure. It chooses nothing, checks nothing, logs nothing. Takes the engine's origin, tells its parent the port.
 */
import { createServer } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { reportPort } from './wire.ts'

const [origin = ''] = process.argv.slice(2)
const pool = new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 })

const server = createServer((request, response) => {
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
})
server.listen(0, '127.0.0.1', () => reportPort(server))
