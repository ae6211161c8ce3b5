/** Names for the starts of token lists, so that two machines can tell what they have in common without sending tokens. */
import { createHash } from 'node:crypto'

/** Tokens of one block. A start is told in whole blocks: at most so many tokens less one are computed again. */
export const blockTokens = 64

/** Of a longer list the first so many blocks are told: 32,768 tokens, in a millisecond. */
const blocksMax = 512

/** Hexadecimal digits of a hash: 64 bits, of which two starts in a cluster are never equal by chance. */
const hashDigits = 16

/**
 * One hash for each whole block, chained: equal hashes mean that all tokens up to the block's end are equal, and the salt.
 * Each is the start of SHA-256 over the hash before it (for the first block the salt, as text) and the tokens of the block as
 * 32-bit numbers, least byte first.
 */
export function prefixHashes(tokens: readonly number[], salt: string): string[] {
  const hashes: string[] = []
  const count = Math.min(blocksMax, Math.floor(tokens.length / blockTokens))
  for (let block = 0; block < count; block++) {
    const numbers = Buffer.alloc(blockTokens * 4)
    for (let i = 0; i < blockTokens; i++) {
      numbers.writeInt32LE(tokens[block * blockTokens + i] ?? 0, i * 4)
    }
    const hash = createHash('sha256')
      .update(hashes.at(-1) ?? salt)
      .update(numbers)
    hashes.push(hash.digest('hex').slice(0, hashDigits))
  }
  return hashes
}
