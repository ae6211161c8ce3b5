/** What a node says of itself in soft state, beside what its cluster needs; each part counts only when it is of this form. */
import { z } from 'zod'

const facts = {
  name: z.string().min(1).max(128),
  version: z.string().max(64),
  gateway: z.string().max(300),
  startedMs: z.number().int().nonnegative(),
  isDraining: z.boolean(),
  addresses: z.array(z.string().max(400)).max(32),
  capacity: z.object({
    cores: z.number().int(),
    memoryBytes: z.number().int(),
    gpus: z.number().int(),
    diskFreeBytes: z.number().int().optional(),
  }),
} as const

export type ToldFacts = { readonly [Name in keyof typeof facts]?: z.infer<(typeof facts)[Name]> }

/** A body is replaced as a whole and never changed; every change of any member asks for the facts of all of them. */
const readBefore = new WeakMap<object, ToldFacts>()

/** A member may say anything: what is not of its form is left out. */
export function readToldFacts(body: Readonly<Record<string, unknown>> | undefined): ToldFacts {
  if (body === undefined) return {}
  const known = readBefore.get(body)
  if (known !== undefined) return known
  const read = Object.entries(facts).flatMap(([name, schema]) => {
    const { data } = schema.safeParse(body[name])
    return data === undefined ? [] : [[name, data] as const]
  })
  const told: ToldFacts = Object.fromEntries(read)
  readBefore.set(body, told)
  return told
}
