import type { ChatAnswer, GenerateAnswer } from '../ollama/read-answers.ts'

/** Tokens of an answer as OpenAI counts them. */
export function usageOf({
  prompt_eval_count: prompt = 0,
  eval_count: made = 0,
}: ChatAnswer | GenerateAnswer): object {
  return { prompt_tokens: prompt, completion_tokens: made, total_tokens: prompt + made }
}

/** What Ollama says of itself in each answer. */
export const fingerprint = 'fp_ollama'

/** Ids are drawn from so few, as Ollama draws them. */
export const idsMax = 999
