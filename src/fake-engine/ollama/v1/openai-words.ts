/** What the answers of all OpenAI endpoints have in common. */
import { randomInt } from 'node:crypto'
import { goJson } from '../json-encode.ts'
import type { ErrorWording, NativeObject, ToolCall, Voice } from '../voice.ts'

export const sseType = 'text/event-stream'
const jsonType = 'application/json'

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  404: 'not_found_error',
}

export const openAiErrors: ErrorWording = {
  type: jsonType,
  body: (status, message) => {
    const type = errorTypes[status] ?? 'api_error'
    return `${goJson({ error: { message, type, param: null, code: null } })}\n`
  },
}

/** One event without a name. */
export function data(text: string): string {
  return `data: ${text}\n\n`
}

/** One event with a name. */
export function event(name: string, value: unknown): string {
  return `event: ${name}\n${data(goJson(value))}`
}

/** Ollama's ids are small numbers. */
export function numberedId(prefix: string, below: number): string {
  return `${prefix}${randomInt(below)}`
}

/** Go's encoding of a time that is not set. */
const noTimeSeconds = -62_135_596_800

/** Seconds since 1970 of a time as the native API writes it. */
export function unixSeconds(time: string | undefined): number {
  return time === undefined ? noTimeSeconds : Math.floor(Date.parse(time) / 1000)
}

export function usageOf(object: NativeObject): Record<string, number> {
  const { prompt_eval_count: prompt = 0, eval_count: completion = 0 } = object
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  }
}

/** Calls as OpenAI words them: with their arguments as text. */
export function openAiCalls(calls: readonly ToolCall[] | undefined): object[] | undefined {
  if (calls === undefined || calls.length === 0) return undefined
  return calls.map(({ id, function: { index, name, arguments: given } }) => ({
    id,
    index,
    type: 'function',
    function: { name, arguments: goJson(given) },
  }))
}

/** The voice of an answer that is one object. */
export function wholeVoice(word: (object: NativeObject) => object): Voice {
  return {
    wholeType: jsonType,
    streamHeaders: [],
    whole: (object) => `${goJson(word(object))}\n`,
    piece: () => '',
    broken: () => '',
    framed: (text) => text,
  }
}
