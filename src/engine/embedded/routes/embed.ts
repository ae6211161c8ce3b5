/** `POST /api/embed` and its older form `/api/embeddings`. Source: Ollama server/routes.go, EmbedHandler. */
import { OdError } from '../../../core/errors/index.ts'
import { manifestPath, parseModelName } from '../../../core/model-name.ts'
import { ownModelName } from '../../../wire/ollama/model-source.ts'
import { decodeEmbed, decodeEmbeddings } from '../../../wire/ollama/requests.ts'
import { embedAnswer, embeddingsAnswer } from '../../../wire/ollama/responses.ts'
import type { Lease } from '../residency/index.ts'
import type { Handler } from '../server.ts'
import { type EngineService, findModel, prepare } from '../service.ts'

/** Texts of one request; each is a forward pass of its own. */
const inputsMax = 2_048

/** One that begins a text and one that ends it. */
const framingTokens = 2

export function embedRoute(service: EngineService): Handler {
  return async ({ body, answer, signal }) => {
    const startedMs = service.clock.nowMs()
    const request = decodeEmbed(body)
    const model = await findModel(service, request.model, 'OD_MODEL_NOT_FOUND_EMBED')
    if (request.input.length > inputsMax) throw new OdError('OD_EMBED_TOO_MANY', { max: inputsMax })
    const { lease, loadMs } = await prepare(service, model, request, signal)
    try {
      if (request.input.length === 0) {
        answer.whole(200, embedAnswer({ model: request.model, embeddings: [] }))
        return
      }
      const inputs = await tokenizeAll(lease, request.input, request.truncate !== false)
      const vectors = await lease.runner.embed(inputs)
      const text = embedAnswer({
        model: request.model,
        embeddings: vectors.map((vector) => normalised(shortened(vector, request.dimensions))),
        totalMs: service.clock.nowMs() - startedMs,
        loadMs,
        promptEvalCount: inputs.reduce((sum, { length }) => sum + length, 0),
      })
      answer.whole(200, text)
    } finally {
      lease.release()
    }
  }
}

export function embeddingsRoute(service: EngineService): Handler {
  return async ({ body, answer, signal }) => {
    const request = decodeEmbeddings(body)
    if (request.model.trim() === '') throw new OdError('OD_MODEL_REQUIRED')
    const model = await findModel(service, request.model, 'OD_MODEL_NOT_FOUND_EMBED')
    if (!isSpeltAs(model.qualifiedName, request.model)) {
      throw new OdError('OD_MODEL_NOT_FOUND_EMBED', { model: request.model })
    }
    const { lease } = await prepare(service, model, request, signal)
    try {
      const isEmpty = request.prompt === ''
      const inputs = isEmpty ? [] : await tokenizeAll(lease, [request.prompt], true)
      const [vector] = isEmpty ? [] : await lease.runner.embed(inputs)
      answer.whole(200, embeddingsAnswer(vector ?? new Float32Array(0)))
    } finally {
      lease.release()
    }
  }
}

/** This route alone takes a name in the case of the store only. Source: Ollama server/routes.go, EmbeddingsHandler. */
function isSpeltAs(qualifiedName: string, text: string): boolean {
  const name = parseModelName(ownModelName(text, 'remote model is unavailable'))
  return (
    name !== undefined && manifestPath(name).slice(2).join(':') === qualifiedName.split('/').at(-1)
  )
}

async function tokenizeAll(lease: Lease, texts: readonly string[], truncate: boolean) {
  const { contextTokens } = lease.facts
  const inputs = await Promise.all(texts.map((text) => lease.runner.tokenize(text, true)))
  if (inputs.some(({ length }) => length === 0)) throw new OdError('OD_EMBED_EMPTY')
  const isLong = inputs.some(({ length }) => length > contextTokens)
  if (isLong && !truncate) throw new OdError('OD_INPUT_TOO_LONG')
  return Promise.all(
    inputs.map(async (tokens, index) =>
      tokens.length <= contextTokens ? tokens : shortenedTokens(lease, texts[index] ?? ''),
    ),
  )
}

/**
 * The beginning of a text between the tokens that begin and end every text. Ollama leaves room for both, whether the model wants
 * them or not, so that its vectors of long texts are those of this many words. Source: Ollama server/routes.go, EmbedHandler.
 */
async function shortenedTokens({ runner, facts }: Lease, text: string): Promise<readonly number[]> {
  const plain = await runner.tokenize(text, false)
  const kept = await runner.detokenize(plain.slice(0, facts.contextTokens - framingTokens))
  const again = await runner.tokenize(new TextDecoder().decode(kept), true)
  return again.slice(0, facts.contextTokens) // a text may be of more tokens once it is read anew
}

/** The first `dimensions` numbers; 0 or more than there are: all of them. */
function shortened(vector: Float32Array, dimensions: number): Float32Array {
  return dimensions > 0 && dimensions < vector.length ? vector.slice(0, dimensions) : vector
}

/** The vector with length 1; a vector of zeros stays one. */
function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}
