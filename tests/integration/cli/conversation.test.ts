/** `run MODEL` on a terminal, typed by hand. The terminal is one of util-linux's `script`. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import type { MarkedProcess } from '../../support/marked-process.ts'
import { until, within } from '../../support/until.ts'
import { User } from './command-line.ts'

const isTerminalThere =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

const ctrlC = '\u0003'
const ctrlD = '\u0004'
const arrowUp = '\u001b[A'

let user: User
let fake: FakeOllama

beforeAll(async () => {
  user = await User.create()
  fake = await startFakeOllama({ models: [{ name: 'tiny', loadMs: 500 }], answerTokens: 4 })
})
afterAll(async () => {
  await fake?.stop()
  await user?.remove()
})

/** What a person sees who reads from the top: without what moves the cursor. */
function readable(terminal: MarkedProcess): string {
  return terminal.stdout().replaceAll(/\p{Cc}\[[0-9;?]*[A-Za-z]|\r/gu, '')
}

class Person {
  readonly terminal: MarkedProcess
  #read = 0

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, redirect = '') {
    this.terminal = user.startOnTerminal(args, { env, redirect })
    onTestFinished(() => this.terminal.destroy())
  }

  type(text: string): void {
    this.terminal.stdin.write(text)
  }

  /** Reads on until the pattern was there. */
  async sees(pattern: RegExp): Promise<string> {
    const match = await until(`${pattern} on the terminal`, () =>
      pattern.exec(readable(this.terminal).slice(this.#read)),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${readable(this.terminal).slice(this.#read)}`)
    })
    this.#read += match.index + match[0].length
    return match[0]
  }

  async leaves(): Promise<number | null> {
    return (await within('the end of the conversation', this.terminal.exited)).code
  }
}

const messages = async () => {
  const { messages } = JSON.parse((await fake.requests()).at(-1)?.body ?? '{}') as {
    messages?: { role: string; content: string }[]
  }
  return messages?.map(({ role, content }) => `${role}: ${content}`)
}

describe.skipIf(!isTerminalThere)('a conversation', () => {
  test('loads the model, remembers what was said, and ends with Ctrl-D', async () => {
    await fetch(`${fake.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: 'tiny', keep_alive: 0 }),
    })
    const person = new Person(['run', 'tiny', '--host', fake.url])
    await person.sees(/[⠋⠙⠹⠸⠼].*Talking with tiny\..*\n>>> /s)
    person.type('hello\r')
    const first = (await person.sees(/hello\n.+\n\n>>> /)).split('\n')[1]
    person.type('and more\r')
    await person.sees(/and more\n.+\n\n>>> /)
    expect(await messages()).toEqual(['user: hello', `assistant: ${first}`, 'user: and more'])
    person.type(ctrlD)
    expect(await person.leaves()).toBe(0)
  })

  test('Ctrl-C stops the answer and not the conversation', async () => {
    await fake.set({ holdAfterTokens: 2 })
    const person = new Person(['run', 'tiny', '--host', fake.url])
    await person.sees(/>>> /)
    person.type('hello\r')
    const begun = (await person.sees(/hello\n\S+ \S+/)).split('\n')[1]
    person.type(ctrlC)
    await person.sees(/>>> /)
    await until('the engine to notice', async () => {
      return (await fake.requests()).at(-1)?.outcome === 'aborted'
    })
    await fake.set({})
    person.type('again\r')
    await person.sees(/again\n.+\n\n>>> /)
    expect(await messages()).toEqual(['user: hello', `assistant: ${begun}`, 'user: again'])
    person.type(ctrlC)
    await person.sees(/Ctrl-D or \/bye leaves\.\n>>> /)
    person.type('/bye\r')
    expect(await person.leaves()).toBe(0)
  })

  test('what is typed during an answer is not mixed with it, and asked after it', async () => {
    await fake.set({ holdAfterTokens: 2 })
    const person = new Person(['run', 'tiny', '--host', fake.url])
    await person.sees(/>>> /)
    person.type('one\r')
    await person.sees(/one\n\S+ \S+/)
    person.type('two\r')
    await fake.set({})
    expect(await person.sees(/^[^>]*>>> two\n.+\n\n>>> /)).not.toMatch(/two.*two/s)
    expect((await messages())?.at(-1)).toBe('user: two')
    person.type('/bye\r')
    await person.leaves()
  })

  test('takes several lines, earlier ones, and words for itself', async () => {
    const person = new Person(['run', 'tiny', '--host', fake.url, '--system', 'Be kind.'])
    await person.sees(/>>> /)
    person.type('"""one\r')
    await person.sees(/\n\.\.\. /)
    person.type('two"""\r')
    await person.sees(/\n.+\n\n>>> /)
    expect(await messages()).toEqual(['system: Be kind.', 'user: one\ntwo'])
    person.type('/clear\r')
    await person.sees(/Forgotten\.\n>>> /)
    person.type('three\r')
    await person.sees(/three\n.+\n\n>>> /)
    person.type('/clear\r')
    await person.sees(/Forgotten\.\n>>> /)
    person.type(`${arrowUp}${arrowUp}\r`)
    await person.sees(/three\n.+\n\n>>> /)
    expect(await messages()).toEqual(['system: Be kind.', 'user: three'])
    person.type('/halp\r')
    await person.sees(/There is no command \/halp; \/help lists them\.\n>>> /)
    person.type('/bye\r')
    expect(await person.leaves()).toBe(0)
  })

  test('goes on after an answer that failed', async () => {
    const person = new Person(['run', 'tiny', '--host', fake.url])
    await person.sees(/>>> /)
    await fake.set({ answer: { type: 'runnerDies', afterTokens: 1 }, answerTimes: 1 })
    person.type('one\r')
    await person.sees(/Error: .*unexpected EOF\n.*\n\n>>> /)
    person.type('two\r')
    await person.sees(/two\n.+\n\n>>> /)
    person.type('/bye\r')
    expect(await person.leaves()).toBe(0)
  })

  test('does not begin with a model that is not there', async () => {
    const person = new Person(['run', 'nope', '--host', fake.url])
    await person.sees(/Error: model 'nope' not found\n/)
    expect(await person.leaves()).toBe(1)
  })

  test('needs a terminal on both sides', async () => {
    const person = new Person(['run', 'tiny', '--host', fake.url], {}, '> answer.txt')
    await person.sees(/Error: a conversation needs a terminal; give a prompt\n/)
    expect(await person.leaves()).toBe(2)
  })

  test('keeps still with NO_COLOR', async () => {
    await fake.set({ headerDelayMs: 600 })
    const person = new Person(['run', 'tiny', 'hi', '--host', fake.url], { NO_COLOR: '1' })
    await person.leaves()
    await fake.set({})
    expect(person.terminal.stdout()).toMatch(/^\S+ \S+ \S+ \S+\r\n$/)
  })
})
