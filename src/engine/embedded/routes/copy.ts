/** `POST /api/copy`. Source: Ollama server/routes.go, CopyHandler. */
import { OdError } from '../../../core/errors/index.ts'
import { type ModelName, parseModelName } from '../../../core/model-name.ts'
import { goQuote } from '../../../wire/go-json/index.ts'
import { decodeCopy } from '../../../wire/ollama/model-requests.ts'
import type { ModelStore } from '../ports.ts'
import type { Handler } from '../server.ts'

export function copyRoute(store: ModelStore): Handler {
  return async ({ body, answer }) => {
    const { source, destination } = decodeCopy(body)
    const from = nameOf('source', source)
    const to = nameOf('destination', destination)
    if (!(await store.copy(from, to))) {
      throw new OdError('OD_COPY_SOURCE', { name: goQuote(source) })
    }
    answer.empty(200)
  }
}

function nameOf(role: string, text: string): ModelName {
  const name = parseModelName(text)
  if (name === undefined) throw new OdError('OD_NAME_INVALID', { role, name: goQuote(text) })
  return name
}
