/** One direction of one connection: a bounded queue between two sockets. */
import type { Socket } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import { abortable, delay } from '../abortable.ts'
import type { Direction } from './link-faults.ts'
import type { LinkSwitch } from './link-switch.ts'

/** A queue that holds more stops the reading. One read, of at most 64 KiB, may still come on top. */
export const heldBytesMax = 256 * 1024

/** A limited rate passes this many slices per second, so that it is even. */
const slicesPerSecond = 20

export interface PipeOptions {
  readonly from: Socket
  readonly to: Socket
  readonly direction: Direction
  readonly faults: LinkSwitch
  readonly clock: Clock
  /** Fires when the connection is over. */
  readonly signal: AbortSignal
  readonly onHeld: (bytes: number) => void
  readonly onPassed: (bytes: number) => void
  readonly onDropped: (bytes: number) => void
}

interface Held {
  /** Undefined is the end of the sender's side. */
  readonly bytes: Buffer | undefined
  readonly dueMs: number
}

/** Why a pipe came to its end: the sender ended its side, or the fault `cut` is due. */
export type PipeEnd = 'ended' | 'cut'

/** Passes bytes on until the sender's end, which it passes on as well, or a cut. Rejects with `Gone` once the signal fires. */
export async function runPipe(options: PipeOptions): Promise<PipeEnd> {
  const { to, direction, faults, clock, signal } = options
  const queue = new Queue(options)
  let passed = 0
  for (;;) {
    const { bytes, dueMs } = await queue.next(signal)
    await delay(clock, dueMs - clock.nowMs(), signal)
    await faults.untilOpen(direction, signal)
    if (bytes === undefined) {
      if (faults.now.drop !== direction) to.end()
      return 'ended'
    }
    for (let rest = bytes; rest.length > 0; ) {
      await faults.untilOpen(direction, signal)
      const { drop, cut, bytesPerSecond } = faults.now
      if (drop === direction) {
        options.onDropped(rest.length)
        break
      }
      const isCut = cut?.direction === direction
      const room = isCut ? Math.max(cut.afterBytes - passed, 0) : rest.length
      const slice = rest.subarray(0, Math.min(room, sliceBytes(bytesPerSecond)))
      await write(to, slice, signal)
      passed += slice.length
      rest = rest.subarray(slice.length)
      options.onPassed(slice.length)
      if (isCut && passed >= cut.afterBytes) return 'cut'
      if (bytesPerSecond !== undefined) {
        await delay(clock, (slice.length / bytesPerSecond) * 1000, signal)
      }
    }
    queue.release(bytes.length)
  }
}

function sliceBytes(bytesPerSecond = Number.POSITIVE_INFINITY): number {
  return Math.max(Math.floor(bytesPerSecond / slicesPerSecond), 1)
}

async function write(to: Socket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  if (bytes.length === 0 || to.write(bytes)) return
  await abortable(signal, (resolve) => {
    to.once('drain', resolve)
    return () => void to.off('drain', resolve)
  })
}

/** Reads as long as there is room, and tells when what came is due. */
class Queue {
  readonly #from: Socket
  readonly #held: Held[] = []
  #heldBytes = 0
  #lastDueMs = 0
  #wake: (() => void) | undefined

  constructor({ from, faults, clock, onHeld }: PipeOptions) {
    this.#from = from
    const push = (bytes: Buffer | undefined): void => {
      this.#lastDueMs = Math.max(this.#lastDueMs, clock.nowMs() + faults.delayMs())
      this.#held.push({ bytes, dueMs: this.#lastDueMs })
      this.#wake?.()
    }
    from.on('data', (bytes: Buffer) => {
      this.#heldBytes += bytes.length
      onHeld(this.#heldBytes)
      if (this.#heldBytes >= heldBytesMax) from.pause()
      push(bytes)
    })
    from.once('end', () => push(undefined))
  }

  /** The next in the order of coming; it stays counted until it is released. */
  async next(signal: AbortSignal): Promise<Held> {
    for (let held = this.#held.shift(); ; held = this.#held.shift()) {
      if (held !== undefined) return held
      await abortable(signal, (resolve) => {
        this.#wake = resolve
        return () => {
          this.#wake = undefined
        }
      })
    }
  }

  /** Bytes are out. */
  release(bytes: number): void {
    this.#heldBytes -= bytes
    if (this.#heldBytes < heldBytesMax) this.#from.resume()
  }
}
