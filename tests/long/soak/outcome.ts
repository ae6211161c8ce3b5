/** What became of one action. The last two must never happen. */
export type Outcome =
  | 'runner killed'
  | 'no runner to kill'
  | 'whole'
  | 'left'
  | 'named error'
  | 'broken, told'
  | 'cut silently'
  | 'corrupted'

export interface Judged {
  readonly outcome: Outcome
  /** The error, or what was wrong. */
  readonly what: string
}

/** What a client received; `wasLeft`: it did not wait for the end. */
export interface Received {
  readonly wasLeft: boolean
  /** Absent when no answer came. */
  readonly status?: number
  readonly text: string
  /** Why the body did not come to its end. */
  readonly failure?: string
}

/** The errors that kills, unloads and deletions may cause. */
const knownErrors = [
  /^an error was encountered while running the model: unexpected EOF$/,
  /^llama runner process has terminated: signal: killed$/,
  /^model '[\w:-]+' not found$/,
  // Three kills in a row in the midst of loads of one model, until somebody unloads it.
  /^the model is not loaded for another \d+ s: its load has ended its runner \d+ times in a row, at last with: llama runner process has terminated: signal: killed$/,
]

/** Judges an answer of generate or chat, streamed or whole. `check` says what is wrong with the text of a whole one. */
export function judgeAnswer(
  received: Received,
  check: (text: string) => string | undefined,
): Judged {
  const { text } = received
  const early = judgeEnd(received)
  if (early !== undefined) return early
  if (!text.endsWith('\n') && text.includes('\n'))
    return { outcome: 'corrupted', what: 'half a line' }
  const lines = parseLines(text)
  if (lines === undefined) return { outcome: 'corrupted', what: `no JSON: ${text.slice(0, 200)}` }
  const last = lines.at(-1)
  if (lines.slice(0, -1).some(({ done }) => done !== false)) {
    return { outcome: 'corrupted', what: 'a line in the middle says done, or an error' }
  }
  if (typeof last?.error === 'string') return named(last.error, 'broken, told')
  if (last?.done !== true) return { outcome: 'cut silently', what: `${lines.length} lines, no end` }
  const whole = lines.map(({ response, message }) => response ?? message?.content ?? '').join('')
  const wrong = check(whole)
  return wrong === undefined
    ? { outcome: 'whole', what: '' }
    : { outcome: 'corrupted', what: wrong }
}

/** Judges an answer that is one JSON object; `check` says what is wrong with it. */
export function judgeObject(
  received: Received,
  check: (value: Record<string, unknown>) => string | undefined,
): Judged {
  const early = judgeEnd(received)
  if (early !== undefined) return early
  const [value] = parseLines(received.text) ?? []
  const wrong = value === undefined ? 'no JSON' : check(value)
  return wrong === undefined
    ? { outcome: 'whole', what: '' }
    : { outcome: 'corrupted', what: wrong }
}

/** What the status and the end of the body decide; undefined for a 200 that came to its end. */
function judgeEnd({ wasLeft, status, text, failure }: Received): Judged | undefined {
  if (wasLeft) return { outcome: 'left', what: '' }
  if (failure !== undefined) return { outcome: 'cut silently', what: failure }
  if (status === 200) return undefined
  const error = parseLines(text)?.[0]?.error
  if (typeof error === 'string') return named(error, 'named error')
  return { outcome: 'corrupted', what: `status ${status} without an error: ${text.slice(0, 200)}` }
}

function named(error: string, outcome: Outcome): Judged {
  const isKnown = knownErrors.some((known) => known.test(error))
  return isKnown
    ? { outcome, what: error }
    : { outcome: 'corrupted', what: `not expected: ${error}` }
}

interface Line {
  readonly done?: boolean
  readonly error?: unknown
  readonly response?: string
  readonly message?: { readonly content?: string }
  readonly [field: string]: unknown
}

function parseLines(text: string): Line[] | undefined {
  try {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  } catch {
    return undefined
  }
}
