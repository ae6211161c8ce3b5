import { randomBytes } from 'node:crypto'

/** Randomness as a port, so that a simulation can be replayed from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  number(): number
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string
}

/** The machine's own randomness; `hex` is fit for identifiers that must not be guessed. */
export const systemRandom: Random = {
  number: () => Math.random(),
  hex: (bytes) => (bytes > poolBytes ? randomBytes(bytes) : takeFromPool(bytes)).toString('hex'),
}

/** Random bytes are fetched in advance, because each fetch is a call into the system; none is given out twice. */
const poolBytes = 4096
let pool = Buffer.alloc(0)

function takeFromPool(bytes: number): Buffer {
  if (pool.length < bytes) pool = randomBytes(poolBytes)
  const taken = pool.subarray(0, bytes)
  pool = pool.subarray(bytes)
  return taken
}

/** Mulberry32: small, seeded, good enough for choosing test traffic; never for secrets. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0
  const number = (): number => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const hex = (bytes: number): string =>
    Array.from({ length: bytes }, () =>
      Math.floor(number() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('')
  return { number, hex }
}
