/** One connection to a gateway, and what came of it. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connectRaw, headerOf, type RawAnswer, type RawConnection } from '../../support/raw-http.ts'
import { within } from '../../support/until.ts'
import { type EdgeLimits, type Expected, expectationOf, type Relayed } from './expected.ts'
import { type Reading, type ReadRequest, readStrictly, valuesOf } from './strict-reader.ts'

/** What a client sends, and where it pauses. */
export interface Conversation {
  readonly bytes: string
  readonly pauses: readonly number[]
}

export interface Outcome {
  /** Requests that were answered, with what was expected of each. */
  readonly answered: readonly { readonly expected: Expected; readonly answer: RawAnswer }[]
  /** Requests that were sent, answered or not, and bytes in the place of one. */
  readonly sentCount: number
  /** What the engines may have seen although it was not answered. */
  readonly may: readonly Relayed[]
}

/** Asks for the end of the connection: its answer shows that every one before it was the right one. */
export const lastRequest =
  'GET /api/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** Longer than anything takes that does not hang. */
const hangMs = 5_000

/** After a request that is cut an answer may come, or none. */
const quietMs = 15

/** Sends all, reads all, and throws where an answer is missing, one too many, or the connection's end is not as it should be. */
export async function converse(
  origin: string,
  { bytes, pauses }: Conversation,
  limits: EdgeLimits,
): Promise<Outcome> {
  const sent = bytes + lastRequest
  const reading = readStrictly(sent)
  const sentCount = reading.requests.length + (reading.end === 'clean' ? -1 : 1) // without the last request
  const expectations = reading.requests.map((request) => expectationOf(request, limits))
  const connection = await connectRaw(origin)
  try {
    void send(connection, sent, pauses) // beside the reading, so that an early answer is not lost

    const answered: { expected: Expected; answer: RawAnswer }[] = []
    for (const [i, request] of reading.requests.entries()) {
      const expected = expectations[i]
      if (expected === undefined) break
      const answer = await within(
        `answer ${i}`,
        connection.answer(askedWith(request, limits)),
        hangMs,
      )
      if (answer.status === 0) throw new Error(`request ${i} was not answered`)
      answered.push({ expected, answer })
      if (!isOver(answer, expected)) continue
      await expectEnd(connection)
      // Those behind were under way already where the end was decided late: Node does for one that was to be told, and for 1.0.
      const isLate = request.minor === 0 || valuesOf(request.headers, 'expect').length > 0
      return { answered, sentCount, may: isLate ? relayedOf(expectations.slice(i + 1)) : [] }
    }
    // Where a length swallowed the last request, the connection waits for the next.
    if (reading.end === 'clean' && (await connection.idle(quietMs)) !== 'open')
      throw new Error('not open')
    const head = reading.head && expectationOf(reading.head, limits, true)
    // Of a request that asks for another protocol Node's parser tells no errors: the time that a body has ends it. One that
    // asks to be told is told, which is no answer yet.
    const isTold = reading.end === 'malformed' && !has(reading, 'upgrade')
    if (isTold || (!has(reading, 'expect') && (await connection.idle(quietMs)) === 'bytes')) {
      const method = reading.head && askedWith(reading.head, limits)
      await expectRefusal(connection, method, head?.classes)
    }
    if (isTold) await expectEnd(connection)
    const isQuestion = reading.head?.method === 'HEAD' // which is asked without its body
    return { answered, sentCount, may: head && isQuestion ? relayedOf([head]) : [] }
  } finally {
    connection.destroy()
  }
}

/** Of what Node's parser refuses nobody knows the method, so that HEAD is answered with a body, and the end. */
function askedWith({ method, headers }: ReadRequest, limits: EdgeLimits): string {
  const isTooLong = headers.flat().join('').length > limits.headerBytesMax
  return headers.length > limits.headerFieldsMax + 1 || isTooLong ? 'GET' : method
}

function has({ head }: Reading, name: string): boolean {
  return head !== undefined && valuesOf(head.headers, name).length > 0
}

function relayedOf(expectations: readonly Expected[]): Relayed[] {
  return expectations.flatMap(({ relayed }) => relayed ?? [])
}

async function send(connection: RawConnection, text: string, pauses: readonly number[]) {
  let from = 0
  for (const to of [
    ...pauses.map((pause) => pause % text.length).sort((a, b) => a - b),
    text.length,
  ]) {
    if (to === from || connection.socket.destroyed) continue
    await connection.send(Buffer.from(text.slice(from, to), 'latin1'))
    await nextTurn()
    from = to
  }
}

/** True when the connection ends with this answer; throws where it must, or must not. */
function isOver(answer: RawAnswer, { after }: Expected): boolean {
  const says = headerOf(answer, 'connection')?.toLowerCase() ?? ''
  const isClosing = says === 'close' || (answer.version === 'HTTP/1.0' && says !== 'keep-alive')
  if (isClosing && after === 'open') throw new Error(`${answer.status} ended the connection`)
  if (!isClosing && after === 'closed')
    throw new Error(`${answer.status} did not end the connection`)
  return isClosing
}

async function expectEnd(connection: RawConnection): Promise<void> {
  const state = await connection.idle(hangMs)
  if (state === 'closed') return
  const more = state === 'bytes' ? await connection.answer() : undefined
  throw new Error(`after the end: ${more === undefined ? 'open' : JSON.stringify(more)}`)
}

/** What is no request is refused, in words or by the end of the connection, or answered by its head alone. */
async function expectRefusal(
  connection: RawConnection,
  method?: string,
  classes: readonly number[] = [],
): Promise<void> {
  const { status } = await within('a refusal or the end', connection.answer(method), hangMs)
  const isGo = status === 501 || status === 505 // for another coding, and another version
  if (!isGo && ![0, 3, 4, ...classes].includes(Math.trunc(status / 100)))
    throw new Error(`what is no request got ${status}`)
}
