/** Base 58 with Bitcoin's alphabet, as multiformats write it (`base58btc`). */

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Leading zero bytes become leading ones; none is lost. */
export function encodeBase58(bytes: Uint8Array): string {
  let digits = ''
  let value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  for (; value > 0n; value /= 58n) digits = alphabet[Number(value % 58n)] + digits
  return '1'.repeat(countLeading(bytes, 0)) + digits
}

/** The bytes, or undefined when a letter is not of the alphabet. Time grows with the square of the length: bound it first. */
export function decodeBase58(text: string): Uint8Array | undefined {
  let value = 0n
  for (const letter of text) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    value = value * 58n + BigInt(digit)
  }
  const bytes: number[] = []
  for (; value > 0n; value /= 256n) bytes.unshift(Number(value % 256n))
  return Uint8Array.from([...Buffer.alloc(countLeading(text, '1')), ...bytes])
}

function countLeading(items: ArrayLike<unknown>, item: unknown): number {
  let count = 0
  while (count < items.length && items[count] === item) count++
  return count
}
