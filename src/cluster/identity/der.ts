/** The little of ASN.1's distinguished encoding (X.690) that one certificate needs. */

const tags = { integer: 0x02, bits: 0x03, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 }

export const sequence = (...parts: Uint8Array[]): Buffer => element(tags.sequence, ...parts)
export const set = (...parts: Uint8Array[]): Buffer => element(tags.set, ...parts)
/** A number from 0 to 127. */
export const smallInteger = (value: number): Buffer => element(tags.integer, Buffer.of(value))
/** Whole bytes of bits. */
export const bits = (bytes: Uint8Array): Buffer => element(tags.bits, Buffer.of(0), bytes)
/** An object identifier by its encoded bytes. */
export const objectId = (hex: string): Buffer => element(tags.oid, Buffer.from(hex, 'hex'))
export const utf8 = (text: string): Buffer => element(tags.utf8, Buffer.from(text))

/** One element: tag, length, contents. At most 65,535 bytes of contents. */
export function element(tag: number, ...parts: Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag, ...lengthOf(contents.length)), contents])
}

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes]
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff]
}
