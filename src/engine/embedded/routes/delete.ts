/** `DELETE /api/delete`. Source: Ollama server/routes.go, DeleteHandler. A loaded model keeps running until its time is over. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { goQuote } from '../../../wire/go-json/index.ts'
import { decodeDelete } from '../../../wire/ollama/model-requests.ts'
import { storedModelName } from '../../../wire/ollama/model-source.ts'
import type { ModelStore } from '../ports.ts'
import type { Handler } from '../server.ts'

export function deleteRoute(store: ModelStore): Handler {
  return async ({ body, answer }) => {
    const asked = decodeDelete(body)
    if (asked.trim() === '') throw new OdError('OD_MODEL_REQUIRED')
    const name = parseModelName(storedModelName(asked))
    if (name === undefined) {
      throw new OdError('OD_NAME_INVALID', { role: 'name', name: goQuote(asked) })
    }
    if (!(await store.remove(name))) throw new OdError('OD_MODEL_NOT_FOUND', { model: asked })
    answer.empty(200)
  }
}
