/** What the processes of this benchmark share: bytes on sockets, and messages to the one that started them. */
import type { AddressInfo } from 'node:net'

/** Where the head of a message ends and its body begins; negative while it is not there whole. */
export function headEnd(text: string): number {
  const at = text.indexOf('\r\n\r\n')
  return at < 0 ? at : at + 4
}

/** Ends this process with the one that started it. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit())
}

/** Tells the parent where this process listens, and ends with it. */
export function reportPort(place: Pick<AddressInfo, 'port'> | string | null): void {
  endWithParent()
  process.send?.({ port: (place as AddressInfo).port })
}

/** Reads one answer after the other off a connection and keeps nothing of them but how many bytes of body there were. */
export class AnswerReader {
  bodyBytes = 0
  #head = ''
  #isInBody = false
  #isChunked = false
  #isLastChunk = false
  /** Bytes to pass over: of the body, or of the chunk with what ends it. */
  #left = 0
  #size = 0

  /** True when the answer is whole with these bytes. Throws when it is not status 200. */
  take(bytes: Buffer): boolean {
    let at = 0
    if (!this.#isInBody) {
      this.#head += bytes.toString('latin1')
      const end = headEnd(this.#head)
      if (end < 0) return false
      at = bytes.length - (this.#head.length - end)
      this.#begin(this.#head.slice(0, end))
    }
    const isWhole = this.#isChunked ? this.#takeChunks(bytes, at) : this.#pass(bytes.length - at)
    if (isWhole) this.#isInBody = false
    return isWhole
  }

  #begin(head: string): void {
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${head}`)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    this.#head = ''
    this.#isInBody = true
    this.#isChunked = length === undefined
    this.#isLastChunk = false
    this.#left = Number(length ?? 0)
    this.bodyBytes = this.#left
  }

  #takeChunks(bytes: Buffer, from: number): boolean {
    let at = from
    while (at < bytes.length) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, bytes.length - at)
        at += passed
        if (this.#pass(passed) && this.#isLastChunk) return true
        continue
      }
      const byte = bytes[at] ?? 0
      at++
      if (byte === 0x0d) continue
      if (byte === 0x0a) this.#beginChunk()
      else this.#size = this.#size * 16 + Number.parseInt(String.fromCharCode(byte), 16)
    }
    return false
  }

  #beginChunk(): void {
    this.bodyBytes += this.#size
    this.#isLastChunk = this.#size === 0
    this.#left = this.#size + 2
    this.#size = 0
  }

  #pass(count: number): boolean {
    this.#left -= count
    return this.#left <= 0
  }
}
