/** Faults as text: what `--faults` and the control port take. */
import { z } from 'zod'
import { OdError } from '../../core/errors/index.ts'
import type { Faults } from '../ollama/index.ts'
import type { LinkFaults } from '../proxy/index.ts'

const count = z.int().min(0).max(1_000_000_000)
const milliseconds = z.number().min(0).max(86_400_000)
const seed = z.int().min(0).max(0xffff_ffff)
const text = z.string().max(1_000)
const names = z.array(text).max(1_000)
const status = z.int().min(400).max(599)
const afterTokens = count
const named = <const Name extends string>(names: readonly Name[]) =>
  z.strictObject({ type: z.enum(names), afterTokens })

const answer = z.union([
  named(['cut', 'cutInLine', 'runnerDies', 'processDies', 'garbage', 'noTerminator', 'stall']),
  named(['wrongBytes', 'wrongToken', 'repeatToken', 'skipToken', 'swapTokens']),
  z.strictObject({ type: z.literal('error'), afterTokens, error: text }),
  z.strictObject({
    type: z.literal('oversizeLine'),
    afterTokens,
    sizeBytes: z
      .int()
      .min(0)
      .max(64 * 1024 * 1024),
  }),
])

const faults = z
  .strictObject({
    refuseConnections: z.boolean(),
    hang: z.enum(['all', 'inference']),
    headerDelayMs: milliseconds,
    refuseNext: z.strictObject({ times: count, status, error: text }),
    refuseSome: z.strictObject({
      probability: z.number().min(0).max(1),
      seed,
      status,
      error: text,
    }),
    tokenDelayMs: milliseconds,
    psLies: z.strictObject({ adds: names.exactOptional(), hides: names.exactOptional() }),
    holdAfterTokens: count,
    answer,
    answerTimes: count,
  })
  .partial()

const linkFaults = z
  .strictObject({
    refuse: z.boolean(),
    delay: z.strictObject({
      ms: milliseconds,
      jitterMs: milliseconds.exactOptional(),
      seed: seed.exactOptional(),
    }),
    bytesPerSecond: z.int().min(1).max(1_000_000_000_000),
    stall: z.enum(['toClient', 'toEngine', 'both']),
    drop: z.enum(['toClient', 'toEngine']),
    cut: z.strictObject({
      afterBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
      direction: z.enum(['toClient', 'toEngine']),
      how: z.enum(['fin', 'rst']),
    }),
  })
  .partial()

/** Faults of the fake engine from JSON. Throws `OD_FAKE_FAULTS`. */
export function readFaults(json: string): Faults {
  return read(faults, json) as Faults // an absent field is absent: JSON has no undefined
}

/** Faults of the proxy from JSON. Throws `OD_FAKE_FAULTS`. */
export function readLinkFaults(json: string): LinkFaults {
  return read(linkFaults, json) as LinkFaults
}

/** The body of `POST /cut`. Throws `OD_FAKE_FAULTS`. */
export function readCut(json: string): { how: 'fin' | 'rst' } {
  return read(z.strictObject({ how: z.enum(['fin', 'rst']) }), json)
}

/** The body of `POST /release`; without a number, all tokens. Throws `OD_FAKE_FAULTS`. */
export function readRelease(json: string): number {
  const { tokens = Number.MAX_SAFE_INTEGER } = read(
    z.strictObject({ tokens: count.optional() }),
    json,
  )
  return tokens
}

function read<Value>(schema: z.ZodType<Value>, json: string): Value {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new OdError('OD_FAKE_FAULTS', { reason: 'this is not JSON' })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => [...path, message].join(': '))
    .join('; ')
  throw new OdError('OD_FAKE_FAULTS', { reason })
}
