import { describe, expect, test } from 'vitest'
import {
  type ConversationEffect,
  type ConversationEvent,
  newConversation,
  stepConversation,
} from './conversation.ts'

function setUp(system?: string) {
  let state = newConversation(system)
  const take = (event: ConversationEvent): readonly ConversationEffect[] => {
    const decision = stepConversation(state, event)
    state = decision.state
    return decision.effects
  }
  return {
    type: (text: string) => take({ type: 'line.typed', text }),
    drop: (wasEmpty = false) => take({ type: 'line.dropped', wasEmpty }),
    answer: (text: string) => take({ type: 'answer.ended', text }),
    isOpen: () => state.open !== undefined,
  }
}

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const ask = (...messages: object[]) => [{ type: 'ask', messages }]

describe('a conversation', () => {
  test('tells the model all that was said', () => {
    const { type, answer } = setUp('be brief')
    const system = { role: 'system', content: 'be brief' }
    expect(type('one')).toEqual(ask(system, user('one')))
    answer('two')
    expect(type('three')).toEqual(ask(system, user('one'), assistant('two'), user('three')))
  })

  test('forgets it with /clear, but for the system message', () => {
    const { type, answer } = setUp('be brief')
    type('one')
    answer('two')
    expect(type('/clear')).toEqual([{ type: 'say', text: 'Forgotten.' }])
    expect(type('three')).toEqual(ask({ role: 'system', content: 'be brief' }, user('three')))
  })

  test('keeps the beginning of an answer that was stopped, and drops a question without any', () => {
    const { type, answer } = setUp()
    type('one')
    answer('beginn')
    type('two')
    answer('')
    expect(type('three')).toEqual(ask(user('one'), assistant('beginn'), user('three')))
  })

  test('passes over empty lines', () => {
    expect(setUp().type('  ')).toEqual([])
  })
})

describe('a message of several lines', () => {
  test('stands between two signs', () => {
    const { type, isOpen } = setUp()
    expect(type('"""first')).toEqual([])
    expect(isOpen()).toBe(true)
    expect(type('/bye')).toEqual([])
    expect(type('')).toEqual([])
    expect(type('last"""')).toEqual(ask(user('first\n/bye\n\nlast')))
    expect(isOpen()).toBe(false)
  })

  test.each([
    [['"""one line"""'], 'one line'],
    [['"""', 'a', 'b', '"""'], 'a\nb\n'],
    [['"""', '  indented"""  '], '  indented'],
  ])('%j is %j', (lines, message) => {
    const { type } = setUp()
    const effects = lines.map((line) => type(line))
    expect(effects.at(-1)).toEqual(ask(user(message)))
  })

  test('that is empty is none', () => {
    const { type, isOpen } = setUp()
    type('"""')
    expect(type('"""')).toEqual([])
    expect(isOpen()).toBe(false)
  })

  test('is dropped by Ctrl-C', () => {
    const { type, drop, isOpen } = setUp()
    type('"""half')
    expect(drop(true)).toEqual([])
    expect(isOpen()).toBe(false)
    expect(type('whole')).toEqual(ask(user('whole')))
  })

  test('has a bound', () => {
    const { type, isOpen } = setUp()
    type('"""')
    const line = 'x'.repeat(20 * 1024 * 1024)
    expect(type(line)).toEqual([])
    expect(type(line)).toEqual([{ type: 'say', text: 'The message is too long and was dropped.' }])
    expect(isOpen()).toBe(false)
  })
})

describe('a line for the program', () => {
  test.each(['/bye', '/exit', '  /bye  '])('%s leaves', (line) => {
    expect(setUp().type(line)).toEqual([{ type: 'leave' }])
  })

  test.each(['/help', '/?'])('%s lists what there is', (line) => {
    const [effect] = setUp().type(line)
    expect(effect).toMatchObject({ type: 'say', text: expect.stringContaining('/clear') })
  })

  test('that is unknown is not sent to the model', () => {
    const text = 'There is no command /halp; /help lists them.'
    expect(setUp().type('/halp me')).toEqual([{ type: 'say', text }])
  })

  test('is told from a path', () => {
    expect(setUp().type('/etc/hosts: what is it?')).toEqual(ask(user('/etc/hosts: what is it?')))
  })
})

test('Ctrl-C where nothing stands says how to leave', () => {
  expect(setUp().drop(true)).toEqual([{ type: 'say', text: 'Ctrl-D or /bye leaves.' }])
  expect(setUp().drop(false)).toEqual([])
})
