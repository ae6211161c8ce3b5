import { encodeGoJson } from '../go-json/index.ts'
import { goDuration } from './timestamps.ts'

/**
 * Everything an engine answers, as JSON text without a newline. A stream puts a newline behind each line, a whole answer
 * has none.
 */
export * from './answer-lines.ts'
export { contentTypes } from './content-types.ts'
export * from './listings.ts'

/** `/api/embed`: one vector per input, in order; empty when the inputs were. Zeros are left out. */
export function embedAnswer(answer: {
  model: string
  embeddings: readonly Float32Array[]
  totalMs?: number
  loadMs?: number
  promptEvalCount?: number
}): string {
  return encodeGoJson({
    model: answer.model,
    embeddings: answer.embeddings,
    total_duration: goDuration(answer.totalMs ?? 0) || undefined,
    load_duration: goDuration(answer.loadMs ?? 0) || undefined,
    prompt_eval_count: answer.promptEvalCount || undefined,
  })
}

/** `/api/embeddings`: numbers as doubles, as the older form has them. */
export function embeddingsAnswer(embedding: Float32Array): string {
  return encodeGoJson({ embedding: Array.from(embedding) })
}
