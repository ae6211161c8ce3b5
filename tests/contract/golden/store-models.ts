/** Makes the models of the recording on a server, over HTTP, as the recording was set up. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { embeddingStub } from './embedding-stub.ts'
import { realModels } from './real-models.ts'

/** `weights`: path of SmolLM2, which is stored in any case. `names`: which ones; all when absent. */
export async function storeModels(
  url: string,
  weights: string,
  names?: readonly string[],
): Promise<void> {
  const smol = await upload(url, await readFile(weights))
  const stub = await upload(url, embeddingStub())
  for (const model of realModels) {
    if (names?.includes(String(model['model'])) === false) continue
    const digest = model['model'] === 'smol-embed' ? stub : smol
    const files = { 'm.gguf': digest }
    const source = model['model'] === 'smol-sys' ? { from: 'smol' } : { files }
    const body = JSON.stringify({ ...model, ...source, stream: false })
    const answer = await (await fetch(`${url}/api/create`, { method: 'POST', body })).text()
    if (answer !== '{"status":"success"}') throw new Error(`${String(model['model'])}: ${answer}`)
  }
}

/** The digest under which the server holds the file. */
async function upload(url: string, bytes: Uint8Array): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const body = new Uint8Array(bytes)
  const { status } = await fetch(`${url}/api/blobs/${digest}`, { method: 'POST', body })
  if (status !== 201) throw new Error(`the file was answered with ${status}`)
  return digest
}
