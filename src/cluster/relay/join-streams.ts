import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../sys/clock.ts'

/**
 * Makes two connections one: bytes of each go out of the other, as they are and no faster than they are taken there. The end
 * of one direction leaves the other open; a connection that breaks takes the other with it, and so does silence on both for
 * `idleMs`. `onEnd` hears when both are gone.
 */
export function joinStreams(
  a: TLSSocket,
  b: TLSSocket,
  { idleMs, clock, onEnd }: { idleMs: number; clock: Clock; onEnd: () => void },
): void {
  let open = 2
  let bytesBefore = -1
  let cancel = () => {}
  const look = (): void => {
    const bytes = a.bytesRead + b.bytesRead
    if (bytes === bytesBefore) {
      a.destroy()
      b.destroy()
      return
    }
    bytesBefore = bytes
    cancel = clock.after(idleMs, look)
  }
  const carry = (from: TLSSocket, to: TLSSocket): void => {
    from.allowHalfOpen = true
    from.setNoDelay(true)
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.once('close', () => {
      if (!from.readableEnded || !from.writableFinished) to.destroy()
      if (--open > 0) return
      cancel()
      onEnd()
    })
  }
  carry(a, b)
  carry(b, a)
  look()
}
