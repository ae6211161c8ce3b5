import { encodeGoJson } from '../go-json/index.ts'
import type { ToolCallAnswer } from '../ollama/read-answers.ts'

/** Items of the output of `/v1/responses`, in the order of Ollama's struct. Source: Ollama openai/responses.go. */

/** Ids of responses and items are drawn from so few. */
export const idsMax = 999_999

/** What the model thought; the field that OpenAI encrypts holds it in plain text. */
export function reasoningItem(id: string, text: string): object {
  return {
    id,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text }],
    encrypted_content: text,
  }
}

export function callItem(
  id: string,
  { id: callId = '', function: called }: ToolCallAnswer,
): object {
  return {
    id,
    type: 'function_call',
    status: 'completed',
    call_id: callId,
    name: called.name,
    arguments: encodeGoJson(called.arguments ?? {}),
  }
}

export function messageItem(id: string, text: string): object {
  return {
    id,
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  }
}
