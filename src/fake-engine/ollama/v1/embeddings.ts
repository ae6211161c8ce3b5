/** `/v1/embeddings`. */
import type { Call } from '../call.ts'
import { handleEmbed } from '../embeddings.ts'
import { Failure } from '../failure.ts'
import { decodeBody, goAny, goInt, goString } from '../json-decode.ts'
import type { NativeObject } from '../voice.ts'
import { wholeVoice } from './openai-words.ts'
import { answerTranslated, type Translated } from './translated.ts'

const fields = { input: goAny, model: goString, dimensions: goInt, encoding_format: goString }

export function handleV1Embeddings(call: Call): Promise<void> {
  return answerTranslated(call, translateEmbed, handleEmbed)
}

function translateEmbed(body: Buffer): Translated {
  const request = decodeBody(body, 'EmbedRequest', fields, 'openai')
  const { model = '', input, dimensions, encoding_format: encoding = '' } = request
  if (!/^(float|base64)?$/i.test(encoding)) {
    const supported = "Supported values: ['float', 'base64']."
    throw new Failure(400, `Invalid value for 'encoding_format' = ${encoding}. ${supported}`)
  }
  if (input === undefined || input === null || (Array.isArray(input) && input.length === 0)) {
    throw new Failure(400, 'invalid input')
  }
  const isPacked = encoding.toLowerCase() === 'base64'
  const voice = wholeVoice((object) => listOf(object, model, isPacked))
  return { body: { model, input: input === '' ? [''] : input, dimensions }, voice }
}

function listOf(object: NativeObject, model: string, isPacked: boolean): object {
  const { embeddings = [], prompt_eval_count: tokens = 0 } = object
  const vectors = embeddings.map((vector, index) => ({
    object: 'embedding',
    embedding: isPacked ? packed(vector) : vector,
    index,
  }))
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return { object: 'list', data: vectors, model, usage }
}

/** Little-endian floats of 32 bits, in base64. */
function packed(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, at) => void bytes.writeFloatLE(value, at * 4))
  return bytes.toString('base64')
}
