import { qualifiedName } from '../../../core/model-name.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import type { ModelStore } from '../ports.ts'
import type { Handler } from '../server.ts'

/**
 * `GET /api/od/changes`: models of this engine that changed without anybody else being told, with the digests of their manifests; for the
 * part of the node that tells the cluster. Not a part of Ollama's API.
 */
export function changesRoute(store: ModelStore): Handler {
  return async ({ answer }) => {
    const { isWhole, changes } = await store.changes()
    const entries = changes.map(({ name, was = null, now = null, atMs }) => ({
      model: qualifiedName(name),
      was,
      now,
      at: new Date(atMs).toISOString(),
    }))
    answer.whole(200, encodeGoJson({ whole: isWhole, changes: entries }))
  }
}
