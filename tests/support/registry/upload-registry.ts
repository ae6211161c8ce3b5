/**
 * A registry in memory that takes uploads as the OCI protocol has it, keeps what came of a part that broke off, and can send the bytes
 * of parts elsewhere as Ollama's own does (ollama-api §4.3).
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf } from './model.ts'

export interface UploadFaults {
  /** Cuts the connection when so many bytes of a part are kept. Asked for each part. */
  cutAfterBytes?: () => number | undefined
  /** Called when a part has come so far. */
  onPartBytes?: (bytes: number) => void
  /** Answers in place of the registry; undefined lets the request through. */
  instead?: (
    request: IncomingMessage,
  ) => { status: number; headers?: Record<string, string> } | undefined
  /** Parts are sent to `/bytes/…` of this host. */
  redirectsTo?: string
}

export interface UploadRegistry {
  readonly host: string
  /** To be changed at will. */
  readonly faults: UploadFaults
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, Buffer>
  /** Requests as `PATCH /path 0-9`, in their order. */
  readonly requests: string[]
  /** Bytes of parts that came. */
  partBytes(): number
  stop(): Promise<void>
}

interface Session {
  /** What came, in its order. */
  readonly chunks: Buffer[]
  bytes: number
  /** MD5 of each part that came elsewhere. */
  hashes: Buffer[]
}

/** Ends with `stop`. */
export async function startUploadRegistry(): Promise<UploadRegistry> {
  const faults: UploadFaults = {}
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, Buffer>()
  const sessions = new Map<string, Session>()
  const requests: string[] = []
  let partBytes = 0

  async function take(from: IncomingMessage, to: ServerResponse, session: Session): Promise<void> {
    const cutAt = faults.cutAfterBytes?.()
    let came = 0
    for await (const chunk of from as AsyncIterable<Buffer>) {
      session.chunks.push(chunk)
      session.bytes += chunk.length
      partBytes += chunk.length
      came += chunk.length
      faults.onPartBytes?.(came)
      if (cutAt !== undefined && came >= cutAt) {
        to.destroy()
        throw new Error('cut')
      }
    }
  }

  async function serve(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { method = '', headers } = from
    const url = new URL(from.url ?? '', `http://${headers.host}`)
    requests.push(`${method} ${from.url} ${headers['content-range'] ?? ''}`)
    const instead = faults.instead?.(from)
    const answer = (status: number, more: Record<string, string> = {}, body?: Buffer) => {
      to.writeHead(status, more).end(body)
    }
    if (instead !== undefined) {
      from.resume()
      return answer(instead.status, instead.headers)
    }
    const id = url.pathname.split('/').at(-1) ?? ''
    const session = sessions.get(id)
    const place = `/v2/ns/m/blobs/uploads/${id}`
    if (method === 'HEAD') return answer(blobs.has(id) ? 200 : 404)
    if (method === 'POST') {
      const mounted = blobs.get(url.searchParams.get('mount') ?? '')
      if (mounted !== undefined) return answer(201)
      const next = String(sessions.size + 1)
      sessions.set(next, { chunks: [], bytes: 0, hashes: [] })
      return answer(202, { Location: `/v2/ns/m/blobs/uploads/${next}` })
    }
    if (method === 'PUT' && url.pathname.includes('/manifests/')) {
      const chunks: Buffer[] = []
      for await (const chunk of from as AsyncIterable<Buffer>) chunks.push(chunk)
      manifests.set(url.pathname, Buffer.concat(chunks))
      return answer(201)
    }
    if (session === undefined) return answer(404)
    if (method === 'GET') {
      const last = Math.max(session.bytes - 1, 0)
      return answer(204, { Location: place, Range: `0-${last}` })
    }
    if (url.pathname.startsWith('/bytes/')) {
      const before = session.chunks.length
      await take(from, to, session)
      const part = Buffer.concat(session.chunks.slice(before))
      session.hashes.push(createHash('md5').update(part).digest())
      return answer(200)
    }
    if (method === 'PATCH' && faults.redirectsTo !== undefined) {
      from.resume()
      const bytesAt = `http://${faults.redirectsTo}/bytes/${id}`
      return answer(307, { Location: bytesAt, 'Docker-Upload-Location': place })
    }
    if (method === 'PATCH') {
      if (!headers['content-range']?.startsWith(`${session.bytes}-`)) return answer(416)
      await take(from, to, session)
      return answer(202, { Location: place, Range: `0-${session.bytes - 1}` })
    }
    const digest = url.searchParams.get('digest') ?? ''
    if (session.hashes.length > 0 && url.searchParams.get('etag') !== etagOf(session))
      return answer(400)
    const blob = Buffer.concat(session.chunks)
    if (digestOf(blob) !== digest) return answer(400)
    sessions.delete(id)
    blobs.set(digest, blob)
    return answer(201)
  }

  const server = createServer((from, to) => {
    serve(from, to).catch(() => to.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    faults,
    blobs,
    manifests,
    requests,
    partBytes: () => partBytes,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As S3 counts it: MD5 of the parts' MD5s, and their number. */
function etagOf({ hashes }: Session): string {
  return `${createHash('md5').update(Buffer.concat(hashes)).digest('hex')}-${hashes.length}`
}
