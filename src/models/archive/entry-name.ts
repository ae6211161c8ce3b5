/** What the names in an archive of models stand for. An archive has the layout of the store. Pure. */
import { type Digest, parseDigest } from '../../core/digest.ts'
import { type ModelName, parseModelName } from '../../core/model-name.ts'

export type ArchivePlace =
  | { readonly type: 'blob'; readonly digest: Digest }
  | { readonly type: 'manifest'; readonly name: ModelName }
  | { readonly type: 'folder' }
  /** What Ollama has of a pull that is not over. */
  | { readonly type: 'unfinished' }

/** Undefined for a name that has no place in a store; none that is understood can lead out of one. */
export function placeOf(entryName: string, isFolder: boolean): ArchivePlace | undefined {
  const text = entryName.replace(/^(\.\/)+/, '').replace(/\/$/, '')
  const [first, ...rest] = text.split('/')
  if (isFolder) return isPlain(text) ? { type: 'folder' } : undefined
  if (first === 'blobs' && rest.length === 1) {
    const [file = ''] = rest
    if (/^sha256-[0-9a-f]{64}-partial(-\d+)?$/.test(file)) return { type: 'unfinished' }
    const digest = file.startsWith('sha256-') ? parseDigest(file.replace('-', ':')) : undefined
    return digest && { type: 'blob', digest }
  }
  if (first !== 'manifests' || rest.length !== 4) return undefined
  const [host, namespace, model, tag] = rest
  const name = parseModelName(`${host}/${namespace}/${model}:${tag}`)
  return name && { type: 'manifest', name }
}

/** A folder says nothing, and is not made; its name must be one all the same. */
function isPlain(text: string): boolean {
  return text === '.' || text === '' || !text.split('/').some((part) => ['', '..'].includes(part))
}
