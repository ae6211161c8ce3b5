import {
  anything,
  decodeStruct,
  encodeGoJson,
  integer,
  type JsonValue,
  struct,
  text,
} from '../go-json/index.ts'
import { type EmbedAnswer, readAnswer } from '../ollama/read-answers.ts'
import type { Translation } from '../translation.ts'
import { unfit } from './request-fields.ts'

/** The request of `/v1/embeddings`. Source: Ollama openai/openai.go, EmbedRequest. */
interface EmbeddingsRequest {
  readonly input: JsonValue
  readonly model: string
  readonly dimensions: number
  readonly encodingFormat: string
}

const embeddingsRequest = struct<EmbeddingsRequest>('openai.EmbedRequest', {
  input: { name: 'input', reader: anything },
  model: { name: 'model', reader: text },
  dimensions: { name: 'dimensions', reader: integer },
  encodingFormat: { name: 'encoding_format', reader: text },
})

/** `POST /v1/embeddings` as a native embed. Throws what the request is refused for. */
export function translateEmbeddings(bytes: Uint8Array): Translation {
  const { model, dimensions, encodingFormat, ...request } = decodeStruct(bytes, embeddingsRequest)
  const format = encodingFormat.toLowerCase()
  if (!['', 'float', 'base64'].includes(format)) {
    throw unfit(
      `Invalid value for 'encoding_format' = ${encodingFormat}. Supported values: ['float', 'base64'].`,
    )
  }
  // An empty text is embedded here, where the native route takes it for none
  const input = request.input === '' ? [''] : request.input
  if (input === null || (Array.isArray(input) && input.length === 0)) throw unfit('invalid input')
  return {
    route: 'embed',
    body: encodeGoJson({ model, input, dimensions }),
    isStream: false,
    headers: {},
    relaxesThinking: false,
    dialect: 'openai',
    whole(text) {
      const { embeddings = [], prompt_eval_count: tokens = 0 } = readAnswer<EmbedAnswer>(text)
      const data = embeddings.map((vector, index) => ({
        object: 'embedding',
        embedding: format === 'base64' ? float32Base64(vector) : vector,
        index,
      }))
      const usage = { prompt_tokens: tokens, total_tokens: tokens }
      return `${encodeGoJson({ object: 'list', data, model, usage })}\n`
    },
    line: () => '',
    failure: () => '',
  }
}

/** Little-endian, four bytes each. */
function float32Base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
