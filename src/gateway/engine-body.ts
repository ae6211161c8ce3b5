import type { EngineView } from '../core/engine.ts'
import type { OdError } from '../core/errors/index.ts'
import { injectOption, optionEdit } from '../wire/splice.ts'
import type { RequestBody } from './body.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import { SpooledBody, SpooledStream } from './spool/spooled-body.ts'

/** Routes whose body has Ollama's `options`. Source: ollama/ollama api/types.go. */
const pathsWithOptions = new Set(['/api/generate', '/api/chat', '/api/embed', '/api/embeddings'])

/** What goes out of a body: itself, or a stream of its own for every time that it is sent. */
export type SentBody = Buffer | SpooledStream

/**
 * The bytes that an engine gets: the client's own, and `num_gpu` added where the owner of this node set it and the
 * client did not. Our own engine knows the setting already; a context length is not added to anything, because an
 * adopted Ollama has its own, and one request with another would reload its model.
 */
export function bodyForEngine(
  body: RequestBody,
  engine: EngineView,
  { route }: Exchange,
  { gpuLayers }: GatewayContext,
): SentBody {
  if (engine.node !== undefined) return bodyAsItCame(body)
  return bodyAtOwner(body, engine, route?.path ?? '', gpuLayers)
}

/** The same for an engine of this node, whichever gateway a request came to: the layers are its owner's to say. */
export function bodyAtOwner(
  body: RequestBody,
  { kind }: Pick<EngineView, 'kind'>,
  path: string,
  gpuLayers: number,
): SentBody {
  const isLeftAlone = gpuLayers < 0 || kind === 'embedded' || !pathsWithOptions.has(path)
  if (isLeftAlone) return bodyAsItCame(body)
  if (!(body instanceof SpooledBody)) return injectOption(body, 'num_gpu', gpuLayers)
  return body.stream(optionEdit(body.outline, 'num_gpu', gpuLayers))
}

export function bodyAsItCame(body: RequestBody): SentBody {
  return body instanceof SpooledBody ? body.stream() : body
}

/** What is looked at to learn what a body says: its bytes, or the outline of them. */
export function scanned(body: RequestBody): Buffer {
  return body instanceof SpooledBody ? body.outline : body
}

/** Why the body could not be read back from the disk, where that has happened. */
export function failureOf(body: RequestBody): OdError | undefined {
  return body instanceof SpooledBody ? body.failure : undefined
}

/** The headers with the length of a streamed body; that of one in memory is told without. */
export function withLength(headers: string[], body: SentBody): string[] {
  if (!(body instanceof SpooledStream)) return headers
  return [...headers, 'Content-Length', String(body.sizeBytes)]
}
