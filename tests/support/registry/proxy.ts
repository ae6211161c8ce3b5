/** Stands before a registry: counts what is fetched, slows it down, and does what faulty servers do. */
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What may be changed while it runs. */
export interface ProxyFaults {
  /** Pause after each piece of 64 KiB. */
  pauseMs?: number
  /** True: the connection is cut behind so many bytes of a blob. Asked for each answer. */
  cutAfterBytes?: () => number | undefined
  /** True: the connection is cut when so many bytes of a part that is uploaded have come; what came is passed on. Asked for each part. */
  cutUploadAfterBytes?: () => number | undefined
  /** Answers in place of the registry; undefined lets the request through. Gets the path with its query. */
  instead?: (path: string, request: IncomingMessage) => Instead | undefined
  /** Changes the bytes of an answer on their way. */
  change?: (bytes: Buffer, path: string) => Buffer
  /** Called with all bytes of blobs that were sent, whenever it is more. */
  onBlobBytes?: (bytes: number) => void
  /** Says with each blob where it is; Ollama pulls from no registry that does not (ollama-api §4.1). */
  namesPlaces?: boolean
  /** Leaves the `Range` header out. */
  hidesRanges?: boolean
}

/** An answer that the registry did not give. */
export interface Instead {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** True: the connection ends behind the body, whatever was promised. */
  readonly isCut?: boolean
}

export interface RegistryProxy {
  readonly host: string
  /** To be changed at will. */
  readonly faults: ProxyFaults
  /** Bytes of blobs that were sent. */
  blobBytes(): number
  /** Connections that were cut in the middle of a blob, on its way here or there. */
  cuts(): number
  /** Requests as `GET /path bytes=0-9`, in their order. */
  readonly requests: string[]
  stop(): Promise<void>
}

/** `host`: the registry; none where `instead` answers everything. */
export async function startRegistryProxy(host = ''): Promise<RegistryProxy> {
  const faults: ProxyFaults = {}
  const requests: string[] = []
  let blobBytes = 0
  let cuts = 0

  async function relay(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { method = '', url = '' } = from
    requests.push(`${method} ${url} ${from.headers.range ?? ''}`)
    const isBlob = method === 'GET' && url.includes('/blobs/sha256')
    const instead = faults.instead?.(url, from)
    if (instead !== undefined) {
      if (isBlob) blobBytes += instead.body?.length ?? 0
      to.writeHead(instead.status, instead.headers)
      if (instead.isCut === true) to.write(instead.body, () => to.socket?.end())
      else to.end(instead.body)
      return
    }
    const headers = { ...from.headers }
    if (faults.hidesRanges === true) delete headers.range
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const out = request(`http://${host}${url}`, { method, headers }, resolve).once(
        'error',
        reject,
      )
      const cutAt = method === 'PATCH' ? faults.cutUploadAfterBytes?.() : undefined
      if (cutAt === undefined) from.pipe(out)
      else passUntil(from, out, cutAt, () => cuts++)
    })
    const place = isBlob && faults.namesPlaces === true ? { location: url } : {}
    to.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...place })
    const limit = isBlob ? faults.cutAfterBytes?.() : undefined
    let sent = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const bytes = faults.change?.(chunk, url) ?? chunk
      if (isBlob) blobBytes += bytes.length
      if (isBlob) faults.onBlobBytes?.(blobBytes)
      sent += bytes.length
      if (limit !== undefined && sent > limit) {
        cuts++
        to.destroy()
        return
      }
      if (!to.write(bytes)) await drained(to)
      if (to.destroyed) return
      if (isBlob && faults.pauseMs !== undefined) await pause(faults.pauseMs)
    }
    to.end()
  }

  const server = createServer((from, to) => {
    relay(from, to).catch(() => to.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    faults,
    requests,
    blobBytes: () => blobBytes,
    cuts: () => cuts,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Passes so many bytes on, then cuts both sides. */
function passUntil(
  from: IncomingMessage,
  out: ClientRequest,
  bytesMax: number,
  onCut: () => void,
): void {
  let bytes = 0
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    out.write(chunk)
    if (bytes < bytesMax || from.destroyed) return
    onCut()
    from.destroy()
    out.destroy()
  })
  from.on('end', () => out.end())
}

function drained(to: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      to.off('drain', go)
      to.off('close', go)
      resolve()
    }
    to.on('drain', go)
    to.on('close', go)
  })
}
