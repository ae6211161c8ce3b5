import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestEngine } from '../test-engine.ts'

/** The weights of the bundled model. */
export const pocketFile = 'assets/pocket/pocket.gguf'

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A request with any method; the answer as status and text. */
export async function ask(
  engine: { readonly url: string },
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer> | object,
) {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(engine.url + path, {
    method,
    body: isRaw ? (body ?? null) : JSON.stringify(body),
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    length: response.headers.get('content-length'),
    text: await response.text(),
  }
}

/** Sends the bundled weights and returns their digest. */
export function uploadPocket(engine: TestEngine): Promise<string> {
  return uploadFile(engine, pocketFile)
}

/** Sends a file and returns its digest. */
export async function uploadFile(engine: { readonly url: string }, path: string): Promise<string> {
  const bytes = await readFile(path)
  const digest = sha256(bytes)
  const { status } = await ask(engine, 'POST', `/api/blobs/${digest}`, bytes)
  if (status !== 200 && status !== 201) throw new Error(`upload answered ${status}`)
  return digest
}

/** Names of the files among the blobs. */
export async function blobFiles(engine: { readonly modelDir: string }): Promise<string[]> {
  return (await readdir(join(engine.modelDir, 'blobs'))).sort()
}

/** Names of the models, in order. */
export async function modelNames(engine: TestEngine): Promise<string[]> {
  const { models } = await engine.json('/api/tags')
  return (models as { name: string }[]).map(({ name }) => name).sort()
}
