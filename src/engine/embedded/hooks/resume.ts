/** `POST /api/od/resume`: an answer that tells its tokens, and may go on behind some of them. */
import { systemRandom } from '../../../sys/random.ts'
import type { Handler } from '../route-table.ts'
import { formBegins, TokenTrail } from '../token-trail.ts'
import { readHookBody, wholeNumber } from './body.ts'

/** Seeds are those of llama.cpp: 32 bits. */
const seedsCount = 2 ** 32

/** More tokens than the largest context has are none of one answer. */
const tokensMax = 1_048_576

interface ResumeRequest {
  /** Which native route the request is for. */
  readonly route: 'chat' | 'generate'
  /** The request's own bytes as text: read as that route reads them. */
  readonly request: string
  /** What was told of the answer so far; none: from its start. */
  readonly tokens: readonly number[]
  /** What the first line of the answer said; absent: one that nobody chose. */
  readonly seed: number
}

const readers = {
  route: (value: unknown) => (value === 'chat' || value === 'generate' ? value : undefined),
  request: (value: unknown) => (typeof value === 'string' ? value : undefined),
  tokens: (value: unknown) => (isTrail(value) ? value : undefined),
  seed: (value: unknown = randomSeed()) => wholeNumber(value, 0, seedsCount - 1),
}

const randomSeed = () => Math.floor(systemRandom.number() * seedsCount)

function isTrail(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length > tokensMax) return false
  return value.every((token) => Number.isInteger(token) && token >= formBegins)
}

/**
 * The answer is lines as `TokenTrail` writes them, whatever the request says of `stream`; one that only loads is as ever. Fails with
 * `OD_RESUME_IMPOSSIBLE` where nobody could go on with the same tokens.
 */
export function resumeRoute(native: Readonly<Record<'chat' | 'generate', Handler>>): Handler {
  return async (exchange) => {
    const { route, request, ...point } = readHookBody<ResumeRequest>(exchange.body, readers)
    const trail = new TokenTrail(point, (text) => exchange.answer.line(text))
    await native[route]({ ...exchange, body: Buffer.from(request), trail })
  }
}
