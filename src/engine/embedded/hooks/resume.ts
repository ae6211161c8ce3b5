/** `POST /api/od/resume`: an answer that tells its tokens, and may go on behind some of them. */
import { z } from 'zod'
import { systemRandom } from '../../../sys/random.ts'
import type { Handler } from '../route-table.ts'
import { formBegins, TokenTrail } from '../token-trail.ts'
import { readHookBody } from './body.ts'

/** Seeds are those of llama.cpp: 32 bits. */
const seedsCount = 2 ** 32

/** More tokens than the largest context has are none of one answer. */
const tokensMax = 1_048_576

const resumeSchema = z.strictObject({
  /** Which native route the request is for. */
  route: z.enum(['chat', 'generate']),
  /** The request's own bytes as text: read as that route reads them. */
  request: z.string(),
  /** What was told of the answer so far; none: from its start. */
  tokens: z.array(z.int().min(formBegins)).max(tokensMax),
  /** What the first line of the answer said; absent: one that nobody chose. */
  seed: z
    .int()
    .min(0)
    .max(seedsCount - 1)
    .optional(),
})

/**
 * The answer is lines as `TokenTrail` writes them, whatever the request says of `stream`; one that only loads is as ever. Fails with
 * `OD_RESUME_IMPOSSIBLE` where nobody could go on with the same tokens.
 */
export function resumeRoute(native: Readonly<Record<'chat' | 'generate', Handler>>): Handler {
  return async (exchange) => {
    const { route, request, tokens, seed } = readHookBody(exchange.body, resumeSchema)
    const point = { tokens, seed: seed ?? Math.floor(systemRandom.number() * seedsCount) }
    const trail = new TokenTrail(point, (text) => exchange.answer.line(text))
    await native[route]({ ...exchange, body: Buffer.from(request), trail })
  }
}
