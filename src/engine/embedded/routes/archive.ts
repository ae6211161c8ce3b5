/** `POST /api/od/import` and `POST /api/od/export`: models as archives. Not a part of Ollama's API. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { fileBytesHeader } from '../../../wire/http/file-bytes.ts'
import { decodeObject } from '../own-requests.ts'
import type { ModelArchiver } from '../ports.ts'
import type { RouteTable } from '../server.ts'

/** An archive is never held in memory, whole or by its files. `?name=` says what the one model in it is to be called. */
export function archiveRoutes(archiver: ModelArchiver): RouteTable {
  return {
    'POST /api/od/import': {
      async stream({ chunks, query, answer }) {
        const name = query.get('name')
        const models = await archiver.import(chunks, name === null ? undefined : nameOf(name))
        answer.whole(200, JSON.stringify({ models }))
      },
    },
    'POST /api/od/export': async ({ body, answer, signal }) => {
      const { model } = decodeObject(body)
      const { fileBytes, chunks } = await archiver.export(nameOf(model))
      await answer.file(chunks, { [fileBytesHeader]: String(fileBytes) }, signal)
    },
  }
}

function nameOf(text: unknown) {
  const name = typeof text === 'string' ? parseModelName(text) : undefined
  if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  return name
}
