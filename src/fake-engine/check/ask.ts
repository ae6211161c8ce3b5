/** Asks one question over HTTP and has the answer judged. */
import { type Dispatcher, request } from 'undici'
import type { Clock } from '../../sys/clock.ts'
import { AnswerCheck, type Question } from './answer-check.ts'
import type { Verdict } from './verdict.ts'

/** Who is asked, and how. */
export interface Asker {
  /** Origin, and path if any, without a slash at its end. */
  readonly baseUrl: string
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  /** Ends the question; it is then not judged. */
  readonly signal: AbortSignal
}

export interface Judged {
  readonly question: Question
  readonly verdict: Verdict
  /** From asking to the line with the first text, in milliseconds. */
  readonly firstTokenMs: number | undefined
}

/** Asks and judges. Undefined once the signal fired. */
export async function ask(
  { baseUrl, dispatcher, clock, signal }: Asker,
  question: Question,
): Promise<Judged | undefined> {
  const check = new AnswerCheck(question)
  const startedMs = clock.nowMs()
  let firstTokenMs: number | undefined
  const judged = (verdict: Verdict): Judged | undefined =>
    signal.aborted ? undefined : { question, verdict, firstTokenMs }
  try {
    const { statusCode, body } = await request(`${baseUrl}/api/${question.api}`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(question)),
      signal,
    })
    check.begin(statusCode)
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const goesOn = check.take(chunk)
      if (check.hasText) firstTokenMs ??= clock.nowMs() - startedMs
      if (!goesOn) break // leaving the loop closes the connection
    }
    return judged(check.end({ type: 'complete' }))
  } catch (error) {
    return judged(check.end({ type: 'cut', by: reasonOf(error) }))
  }
}

function bodyOf({ api, isStreamed, model, tokensMax }: Question): Record<string, unknown> {
  const shared = {
    model,
    stream: isStreamed,
    options: { num_predict: tokensMax, temperature: 0 },
  }
  const words = 'Count.'
  return api === 'chat'
    ? { ...shared, messages: [{ role: 'user', content: words }] }
    : { ...shared, prompt: words }
}

/** `ECONNREFUSED`, `other side closed`, `Body Timeout Error`: what the connection's end is called. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const isSystem = code !== undefined && /^E[A-Z]+$/.test(code)
  return isSystem ? code : error.message || (code ?? error.name)
}
