import { createHash } from 'node:crypto'
import { OdError } from '../../core/errors/index.ts'
import { openReadable } from '../../sys/readable-file.ts'
import type { GatewayClient, UploadedFile } from '../gateway-client.ts'
import type { TransferScreen } from './show-transfer.ts'
import type { WeightsFile } from './weights-files.ts'

/** Brings files to a gateway, those that it has not got yet; resolves with their digests by their names. */
export async function uploadFiles(
  files: readonly WeightsFile[],
  {
    gateway,
    screen,
    signal,
  }: { gateway: GatewayClient; screen: TransferScreen; signal: AbortSignal },
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const { name, path } of files) {
    const hash = createHash('sha256')
    await eachChunk(path, signal, (chunk, progress) => {
      hash.update(chunk)
      screen.add({ status: `reading ${name}`, digest: `read ${path}`, ...progress })
    })
    const digest = `sha256:${hash.digest('hex')}`
    digests[name] = digest
    const address = `/api/blobs/${digest}`
    if (await gateway.has(address)) continue
    const sent = await fileChunks(path, (progress) =>
      screen.add({ status: `copying ${name}`, digest, ...progress }),
    )
    await gateway.upload(address, sent, signal)
  }
  return digests
}

interface Progress {
  readonly total: number
  readonly completed: number
}

async function eachChunk(
  path: string,
  signal: AbortSignal,
  action: (chunk: Uint8Array, progress: Progress) => void,
): Promise<void> {
  let last: Progress = { total: 0, completed: 0 }
  const { chunks } = await fileChunks(path, (progress) => {
    last = progress
  })
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    action(chunk, last)
  }
}

/** A file to be sent. Throws `OD_CLI_FILE_UNREADABLE`. */
export async function fileChunks(
  path: string,
  onProgress: (progress: Progress) => void,
): Promise<UploadedFile> {
  const file = await openReadable(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code ?? error.message
    throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason }, { cause: error })
  })
  const { sizeBytes } = file
  const read = async function* (): AsyncGenerator<Uint8Array> {
    if (sizeBytes === 0) {
      await file.close()
      return
    }
    let completed = 0
    for await (const chunk of file.stream(0, sizeBytes - 1) as AsyncIterable<Buffer>) {
      completed += chunk.length
      onProgress({ total: sizeBytes, completed })
      yield chunk
    }
  }
  return { sizeBytes, chunks: read() }
}
