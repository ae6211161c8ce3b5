import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startBench } from '../integration/gateway/setup.ts'
import { startFakeOllama } from '../support/fake-ollama/start.ts'
import { connectRaw, type RawAnswer } from '../support/raw-http.ts'

/** What an Ollama 0.24 on a loopback address answered. `{HOST}` stands for where the server under test listens. */
interface Recorded {
  readonly id: string
  /** Bytes to send, in place of the four that follow. */
  readonly raw?: string
  readonly method?: string
  readonly path?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
  readonly status: number
  /** Headers that must be there, and no other of the kinds that are looked at. */
  readonly answer: readonly (readonly [string, string])[]
  /** Absent where the engine or the parser words it in its own way. */
  readonly text?: string
}

const recorded: readonly Recorded[] = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'recorded.json'), 'utf8'),
)

/** Others are of this gateway alone, or of the connection. */
const lookedAt = /^(access-control-|allow$|vary$|location$|content-type$)/

test('recorded answers to odd paths, hosts, origins and framing are given by the gateway', async () => {
  await using fake = await startFakeOllama({ models: [{ name: 'tiny' }] })
  const { origin } = await startBench([{ id: 'local', url: fake.url }])
  const differing = []
  for (const one of recorded) {
    const got = await ask(origin, one)
    const expected = [one.status, sorted(one.answer), one.text]
    const actual = [got.status, sorted(got.headers), one.text && got.body.toString()]
    // The parser's own refusals say it in our words: only their status is Ollama's.
    const isParsers = one.status === 400 && one.text === undefined
    const isEqual = isParsers
      ? got.status === 400
      : JSON.stringify(actual) === JSON.stringify(expected)
    if (!isEqual) differing.push({ id: one.id, expected, actual })
  }
  expect(differing).toEqual([])
  expect(recorded.length).toBeGreaterThan(70)
})

async function ask(origin: string, one: Recorded): Promise<RawAnswer> {
  const { host } = new URL(origin)
  const connection = await connectRaw(origin)
  try {
    const fill = (text: string) => text.replaceAll('{HOST}', host)
    if (one.raw === undefined) {
      await connection.request({
        method: one.method ?? 'GET',
        path: one.path ?? '/',
        headers: (one.headers ?? []).map(([name, value]) => [name, fill(value)]),
        ...(one.body === undefined ? {} : { body: one.body }),
      })
    } else await connection.send(fill(one.raw))
    return await connection.answer(one.method)
  } finally {
    connection.socket.destroy()
  }
}

function sorted(headers: RawAnswer['headers']): string[] {
  return headers
    .filter(([name]) => lookedAt.test(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .sort()
}
