import { OdError } from '../../core/errors/index.ts'

/** Writes big-endian numbers and short texts into a buffer of known size. */
export class ByteWriter {
  readonly bytes: Buffer
  #at = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size)
  }

  /** An unsigned number of `width` bytes, at most 6. */
  number(value: number, width: number): void {
    this.bytes.writeUIntBE(value, this.#at, width)
    this.#at += width
  }

  /** One byte of length, then the letters. */
  text(value: string): void {
    this.number(value.length, 1)
    this.#at += this.bytes.write(value, this.#at, 'latin1')
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.#at)
    this.#at += value.length
  }
}

/** Reads what `ByteWriter` wrote; `OD_GOSSIP_MALFORMED` where the bytes end too early. */
export class ByteReader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  number(width: number): number {
    this.#need(width)
    const value = this.bytes.readUIntBE(this.at, width)
    this.at += width
    return value
  }

  text(): string {
    const length = this.number(1)
    this.#need(length)
    return this.bytes.toString('latin1', this.at, (this.at += length))
  }

  pass(length: number): void {
    this.#need(length)
    this.at += length
  }

  #need(length: number): void {
    if (this.at + length > this.bytes.length) throw malformed('it ends too early')
  }
}

/** A packet that no member of ours would send. */
export function malformed(reason: string): OdError {
  return new OdError('OD_GOSSIP_MALFORMED', { reason })
}
