import { expect, test } from 'vitest'
import { judgeAnswer, type Received } from './outcome.ts'

const token = '{"response":"a","done":false}\n'
const end = '{"response":"","done":true,"done_reason":"stop"}\n'
const died = '{"error":"an error was encountered while running the model: unexpected EOF"}'

test.each<[string, Partial<Received>, string]>([
  ['all lines', { text: token + end }, 'whole'],
  ['another text than expected', { text: token + token + end }, 'corrupted'],
  ['no end', { text: token }, 'cut silently'],
  ['nothing', { text: '' }, 'corrupted'],
  ['a connection that breaks', { text: token, failure: 'terminated' }, 'cut silently'],
  ['no answer at all', { text: '', failure: 'refused' }, 'cut silently'],
  ['half a line', { text: token + end.slice(0, 9) }, 'corrupted'],
  ['a line behind the end', { text: token + end + end }, 'corrupted'],
  ['an error line at the end', { text: `${token}${died}\n` }, 'broken, told'],
  ['an error', { status: 500, text: died }, 'named error'],
  ['an error that nothing explains', { status: 500, text: '{"error":"no"}' }, 'corrupted'],
  ['an error without words', { status: 502, text: 'Bad Gateway' }, 'corrupted'],
  ['a client that left', { wasLeft: true, text: token }, 'left'],
])('%s', (_, received, outcome) => {
  const check = (text: string) => (text === 'a' ? undefined : `another text: ${text}`)
  expect(judgeAnswer({ wasLeft: false, status: 200, text: '', ...received }, check).outcome).toBe(
    outcome,
  )
})
