import type { EngineView } from '../core/engine.ts'
import { injectOption } from '../wire/splice.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'

/** Routes whose body has Ollama's `options`. Source: ollama/ollama api/types.go. */
const pathsWithOptions = new Set(['/api/generate', '/api/chat', '/api/embed', '/api/embeddings'])

/**
 * The bytes that an engine gets: the client's own, and `num_gpu` added where the owner of this node set it and the
 * client did not. Our own engine knows the setting already; a context length is not added to anything, because an
 * adopted Ollama has its own, and one request with another would reload its model.
 */
export function bodyForEngine(
  body: Buffer,
  engine: EngineView,
  { route }: Exchange,
  { gpuLayers }: GatewayContext,
): Buffer {
  return engine.node === undefined ? bodyAtOwner(body, engine, route?.path ?? '', gpuLayers) : body
}

/** The same for an engine of this node, whichever gateway a request came to: the layers are its owner's to say. */
export function bodyAtOwner(
  body: Buffer,
  { kind }: Pick<EngineView, 'kind'>,
  path: string,
  gpuLayers: number,
): Buffer {
  if (gpuLayers < 0 || kind === 'embedded') return body
  return pathsWithOptions.has(path) ? injectOption(body, 'num_gpu', gpuLayers) : body
}
