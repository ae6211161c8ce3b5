/** One object of a generate or chat answer, checked field by field. Source: Ollama api/types.go. */

export type Api = 'generate' | 'chat'

export type AnswerLine =
  | { readonly type: 'error' }
  | { readonly type: 'wrong'; readonly reason: string }
  | { readonly type: 'part'; readonly text: string }
  | { readonly type: 'end'; readonly text: string; readonly reason: string; readonly count: number }

type Fields = Readonly<Record<string, unknown>>

const durations = ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration']
const counts = ['prompt_eval_count', 'eval_count']

/** Reads a line's bytes; `model` is the name that was asked for. */
export function readAnswerLine(bytes: Uint8Array, api: Api, model: string): AnswerLine {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    return wrong(error instanceof TypeError ? 'a line is not UTF-8' : 'a line is not JSON')
  }
  if (!isFields(value)) return wrong('a line is not an object')
  if ('error' in value) {
    return typeof value['error'] === 'string'
      ? { type: 'error' }
      : wrong('the error of a line is no text')
  }
  if (value['model'] !== model) return wrong(`a line names the model ${String(value['model'])}`)
  if (Number.isNaN(Date.parse(String(value['created_at'])))) return wrong('created_at is no time')
  const text = api === 'chat' ? chatText(value) : generateText(value)
  if (text === undefined) return wrong('a line has no text field')
  if (value['done'] === false) return { type: 'part', text }
  return value['done'] === true ? readEnd(value, text) : wrong('done is neither true nor false')
}

function readEnd(value: Fields, text: string): AnswerLine {
  const reason = value['done_reason']
  if (typeof reason !== 'string' || reason === '') return wrong('the end has no done_reason')
  const bad = [...durations, ...counts].find((name) => !isCount(value[name] ?? 0))
  if (bad !== undefined) return wrong(`${bad} is no whole number`)
  if (value['total_duration'] === undefined) return wrong('the end has no total_duration')
  return { type: 'end', text, reason, count: Number(value['eval_count'] ?? 0) }
}

function generateText(value: Fields): string | undefined {
  return joined(value['thinking'], value['response'])
}

function chatText({ message }: Fields): string | undefined {
  if (!isFields(message) || message['role'] !== 'assistant') return undefined
  return joined(message['thinking'], message['content'])
}

function joined(thinking: unknown, text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (thinking === undefined) return text
  return typeof thinking === 'string' ? thinking + text : undefined
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(reason: string): AnswerLine {
  return { type: 'wrong', reason }
}
