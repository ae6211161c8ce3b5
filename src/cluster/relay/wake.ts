/**
 * How a parked stream is taken into use: the relay sends one byte, the hidden node answers with one, and from then on the
 * stream belongs to whoever dialled. So a stream that was lost without a word is found before anyone relies on it.
 */
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../sys/clock.ts'

const call = 1

/** Resolves with true when the hidden node has answered; otherwise the stream is gone. */
export function wake(stream: TLSSocket, { clock, wakeMs }: { clock: Clock; wakeMs: number }) {
  return new Promise<boolean>((resolve) => {
    const settle = (isAwake: boolean): void => {
      cancel()
      stream.off('readable', read).off('close', gone)
      if (!isAwake) stream.destroy()
      resolve(isAwake)
    }
    const gone = () => settle(false)
    const read = (): void => {
      const bytes: Buffer | null = stream.read()
      if (bytes !== null) settle(bytes.length === 1 && bytes[0] === call)
    }
    const cancel = clock.after(wakeMs, gone)
    stream.on('readable', read).once('close', gone)
    if (stream.destroyed) return gone()
    stream.write(Uint8Array.of(call))
  })
}

/** Answers when the stream is called, and hands it over. One that says anything else, or ends, is closed. */
export function untilWoken(stream: TLSSocket, onWoken: () => void): void {
  const read = (): void => {
    const bytes: Buffer | null = stream.read()
    if (bytes === null) return
    stream.off('readable', read)
    if (bytes.length !== 1 || bytes[0] !== call) return void stream.destroy()
    stream.write(bytes)
    onWoken()
  }
  stream.on('readable', read)
}
