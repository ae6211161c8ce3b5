/** What Ollama asks its cloud for. This engine has none and answers as an Ollama whose cloud is switched off. */
import { OdError } from '../../../core/errors/index.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import type { Handler } from '../server.ts'

/** `GET /api/status`: as with `OLLAMA_NO_CLOUD=1`. Source: Ollama server/routes.go, StatusHandler. */
export const statusRoute: Handler = ({ answer }) =>
  answer.whole(200, encodeGoJson({ cloud: { disabled: true, source: 'env' } }))

/** A route that Ollama passes on to its cloud, whose body it never reads. `what` is missing, in Ollama's words. */
export function cloudRoute(what: string): Handler {
  return ({ body }) => {
    if (new TextDecoder().decode(body).trim() === '') throw new OdError('OD_BODY_MISSING')
    throw new OdError('OD_CLOUD_DISABLED', { what })
  }
}
