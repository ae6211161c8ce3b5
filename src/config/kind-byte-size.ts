import { z } from 'zod'
import { parseByteSize } from '../core/byte-size.ts'
import type { Kind } from './kind.ts'

const expected = 'a size with its unit, such as 500GB, 1.5TB or 64GiB'

/** Largest unit first, decimal before binary: a value is spelt in the first that it is a whole number of. */
const units = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
] as const

/** A number of bytes. */
export const byteSize: Kind<number> = {
  name: 'size',
  suffix: '',
  expected,
  example: '500GB',
  schema: z.union([z.string(), z.literal(0)], expected).transform((given, context) => {
    const bytes = parseByteSize(String(given))
    if (bytes !== undefined) return bytes
    context.addIssue(expected)
    return z.NEVER
  }),
  fromText: (text) => text,
  spell(bytes) {
    const [size, name] = units.find(([unit]) => bytes > 0 && bytes % unit === 0) ?? [1, 'B']
    return bytes === 0 ? 0 : `${bytes / size}${name}`
  },
}
