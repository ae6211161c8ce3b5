/** One HTTP question of a command that looks what is there: whatever comes of it is an answer, nothing is thrown. */
import { request } from 'undici'

/** What came back, or in one clause why nothing did. */
export type Reply =
  | {
      readonly type: 'answer'
      readonly status: number
      /** Lower-case names; the first value where there are several. */
      readonly headers: Readonly<Record<string, string>>
      /** At most `answerBytesMax` of it. */
      readonly text: string
    }
  | { readonly type: 'silence'; readonly reason: string }

interface Question {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE'
  readonly body?: string | Uint8Array
  /** For the whole answer; 15 s where nothing is said. */
  readonly timeoutMs?: number
}

/** Lists, documents and short answers; what is longer is none of them. */
const answerBytesMax = 4 * 1024 * 1024

/** Lists wait up to ten seconds for an engine that starts. */
const timeoutMsDefault = 15_000

/** Asks, and reads the whole answer. */
export async function ask(url: string, question: Question = {}): Promise<Reply> {
  const { method = 'GET', body, timeoutMs = timeoutMsDefault } = question
  try {
    const answer = await request(url, {
      method,
      body: body ?? null,
      signal: AbortSignal.timeout(timeoutMs),
      headersTimeout: 0, // the signal bounds all of it
      bodyTimeout: 0,
    })
    const text = await readText(answer.body)
    return { type: 'answer', status: answer.statusCode, headers: firsts(answer.headers), text }
  } catch (error) {
    return { type: 'silence', reason: reasonOf(error, timeoutMs) }
  }
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > answerBytesMax) throw new RangeError(`more than ${answerBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function firsts(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => {
    return [name, (Array.isArray(value) ? value[0] : value) ?? ''] as const
  })
  return Object.fromEntries(pairs)
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  if (code === 'ECONNREFUSED') return 'connection refused'
  return code ?? message ?? 'unknown reason'
}
