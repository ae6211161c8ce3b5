import type { Socket } from 'node:net'

/** The streams of one period are spread over so many turns, so that they do not all speak at once. */
const turnsOfPeriod = 20

/**
 * Writes `line` to every stream `perSecond` times a second, `end` to those that had theirs. Late turns are made up for:
 * what a stream should have had by now it gets. Returns what adds a stream of so many lines.
 */
export function startPace(
  line: Buffer,
  perSecond: number,
  end: Buffer,
): (socket: Socket, lines: number) => void {
  const turns = Array.from({ length: turnsOfPeriod }, () => new Map<Socket, number>())
  const turnMs = 1000 / perSecond / turnsOfPeriod
  let dueMs = performance.now()
  let at = 0
  let added = 0
  const turn = () => {
    const streams = turns[at] as Map<Socket, number>
    for (const [socket, left] of streams) {
      socket.write(left > 0 ? line : end)
      if (left > 0 && !socket.destroyed) streams.set(socket, left - 1)
      else streams.delete(socket)
    }
    at = (at + 1) % turnsOfPeriod
    dueMs += turnMs
    const restMs = dueMs - performance.now()
    if (restMs > 0) setTimeout(turn, restMs)
    else setImmediate(turn)
  }
  turn()
  return (socket, lines) => {
    turns[added % turnsOfPeriod]?.set(socket, lines)
    added += 1
  }
}
