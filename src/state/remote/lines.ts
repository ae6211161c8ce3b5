/** Cuts the answer to a watch into its lines. */
export class AnswerLines {
  readonly #bytesMax: number
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The lines that are whole now; undefined when one is longer than the bound. */
  push(chunk: Buffer): string[] | undefined {
    const end = chunk.lastIndexOf(0x0a)
    const head = end < 0 ? undefined : Buffer.concat([...this.#held, chunk.subarray(0, end)])
    if (head) [this.#held, this.#heldBytes] = [[], 0]
    const rest = chunk.subarray(end + 1)
    this.#held.push(rest)
    this.#heldBytes += rest.length
    if (this.#heldBytes > this.#bytesMax) return undefined
    return head === undefined ? [] : head.toString('utf8').split('\n')
  }
}
