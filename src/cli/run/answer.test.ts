import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import type { ThisProcess } from '../../sys/this-process.ts'
import { terminalOf } from '../terminal.ts'
import { printAnswer } from './answer.ts'

/** A process whose streams are kept, on a terminal or not. */
function setUp(options: { isTTY: boolean; env?: Record<string, string> }) {
  const { isTTY, env = {} } = options
  const streams = [new PassThrough(), new PassThrough()] as const
  const [output, errors] = streams.map((stream) => Object.assign(stream, { isTTY }))
  const self = { output, errors, env } as unknown as ThisProcess
  const clock = new ManualClock()
  return {
    call: { self, terminal: terminalOf(self), clock },
    clock,
    written: () => String(streams[0].read() ?? ''),
    noted: () => String(streams[1].read() ?? ''),
  }
}

async function* objects(...list: object[]): AsyncGenerator<Record<string, unknown>> {
  for (const object of list) yield { ...object }
}

const shown = { hidesThinking: false }

describe('an answer', () => {
  test('is printed part by part, whichever route it comes from', async () => {
    const { call, written } = setUp({ isTTY: false })
    const parts = objects(
      { response: 'a', done: false },
      { message: { content: 'b' } },
      { response: 'c', done: true, eval_count: 3 },
    )
    const answer = await printAnswer(call, parts, shown)
    expect(answer).toEqual({ text: 'abc', last: { response: 'c', done: true, eval_count: 3 } })
    expect(written()).toBe('abc')
  })

  test('keeps control characters from a terminal, and gives a pipe every byte', async () => {
    for (const [isTTY, text] of [
      [true, 'a[2Jb\n\tc'],
      [false, 'a\u001b[2Jb\n\tc\u0007'],
    ] as const) {
      const { call, written } = setUp({ isTTY, env: { NO_COLOR: '1' } })
      await printAnswer(call, objects({ response: 'a\u001b[2Jb\n\tc\u0007', done: true }), shown)
      expect(written()).toBe(text)
    }
  })

  test('has its thoughts set apart, or left out', async () => {
    const parts = () =>
      objects(
        { message: { thinking: 'hm', content: '' } },
        { message: { thinking: '...', content: '' } },
        { message: { content: 'yes' }, done: true },
      )
    const both = setUp({ isTTY: false })
    expect(await printAnswer(both.call, parts(), shown)).toMatchObject({ text: 'yes' })
    expect(both.written()).toBe('Thinking...\nhm...\n...done thinking.\n\nyes')
    const one = setUp({ isTTY: false })
    await printAnswer(one.call, parts(), { hidesThinking: true })
    expect(one.written()).toBe('yes')
  })

  test('that fails gives its beginning and the reason', async () => {
    async function* failing() {
      yield { response: 'begin' }
      throw new Error('gone')
    }
    const { call } = setUp({ isTTY: false })
    const answer = await printAnswer(call, failing(), shown)
    expect(answer).toMatchObject({ text: 'begin', last: undefined, failure: new Error('gone') })
  })
})

describe('while an answer is waited for', () => {
  async function spin(env: Record<string, string>, isTTY = true) {
    const { call, clock, noted } = setUp({ isTTY, env })
    const { promise, resolve } = Promise.withResolvers<object>()
    async function* late() {
      yield { ...(await promise) }
    }
    const answer = printAnswer(call, late(), shown)
    clock.advance(1_000)
    const whileWaiting = noted()
    resolve({ response: 'x', done: true })
    await answer
    clock.advance(1_000)
    return { whileWaiting, after: noted() }
  }

  test('a sign turns on a terminal, and is taken away', async () => {
    const { whileWaiting, after } = await spin({})
    expect(whileWaiting).toContain('\r\u001b[K⠋ \r\u001b[K⠙ ')
    expect(after).toBe('\r\u001b[K')
  })

  test('nothing moves without a terminal or with NO_COLOR', async () => {
    expect(await spin({}, false)).toEqual({ whileWaiting: '', after: '' })
    expect(await spin({ NO_COLOR: '1' })).toEqual({ whileWaiting: '', after: '' })
  })
})
