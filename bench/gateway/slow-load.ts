/**
 * Many streams at once that each get a line now and then, as people who read do. Opens them one after the other, lets them
 * settle, then looks at what arrives for some seconds, and reads all to their ends. One order a message, as in `load.ts`.
 */
import { connect } from 'node:net'
import { AnswerReader, endWithParent } from './wire.ts'

export interface SlowOrder {
  readonly port: number
  readonly body: string
  readonly streams: number
  /** Streams that are opened in a second. */
  readonly openedPerSecond: number
  readonly settleMs: number
  readonly windowMs: number
}

export interface SlowResult {
  /** Lines that arrived within the window. */
  readonly lines: number
  /** Streams that were cut before their end: more than the arm can hold. */
  readonly cut: number
  /** Between two lines of a stream, the later one within the window; in order of size. */
  readonly gapsMs: readonly number[]
}

/** The end of a line of JSON; no other place of an answer has these two. */
const lineEnd = '}\n'

async function run(order: SlowOrder): Promise<SlowResult> {
  const { streams, openedPerSecond, settleMs, windowMs } = order
  const startMs = performance.now()
  const fromMs = startMs + (streams / openedPerSecond) * 1000 + settleMs
  const gapsMs: number[] = []
  let lines = 0
  const arrived = (atMs: number, gapMs: number) => {
    if (atMs < fromMs || atMs >= fromMs + windowMs) return
    lines += 1
    gapsMs.push(gapMs)
  }
  const ends: Promise<boolean>[] = []
  while (ends.length < streams) {
    const due = Math.min(streams, ((performance.now() - startMs) / 1000) * openedPerSecond)
    while (ends.length < due) ends.push(stream(order, arrived))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const cut = (await Promise.all(ends)).filter((isWhole) => !isWhole).length
  return { lines, cut, gapsMs: gapsMs.sort((a, b) => a - b) }
}

/**
 * Asks once and reads to the end; false when it was cut. Throws when the status is not 200. `arrived`: for each line but the
 * first, with the time since the one before.
 */
function stream(
  { port, body }: SlowOrder,
  arrived: (atMs: number, gapMs: number) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const reader = new AnswerReader()
    let lastMs = 0
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {}) // its close comes next
    socket.on('close', () => resolve(false))
    socket.on('data', (bytes) => {
      const nowMs = performance.now()
      let at = bytes.indexOf(lineEnd)
      for (; at >= 0; at = bytes.indexOf(lineEnd, at + lineEnd.length)) {
        if (lastMs > 0) arrived(nowMs, nowMs - lastMs)
        lastMs = nowMs
      }
      if (!reader.take(bytes)) return
      resolve(true)
      socket.destroy()
    })
    const head = `POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\n`
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
    socket.write(`${head}${type}Accept: */*\r\n\r\n${body}`, 'latin1')
  })
}

endWithParent()
process.on('message', (order: SlowOrder) => {
  void run(order).then((result) => process.send?.(result))
})
