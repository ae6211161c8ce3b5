import { expect, test } from 'vitest'
import { engineNamePattern } from './engine.ts'
import { nameOfRemote, readRemoteUrl } from './remote-url.ts'

test.each([
  ['http://nas:11434', 'http://nas:11434'],
  ['http://nas:11434/', 'http://nas:11434'],
  ['nas', 'http://nas:11434'],
  ['nas:11435', 'http://nas:11435'],
  ['nas:80', 'http://nas'],
  ['192.168.1.7', 'http://192.168.1.7:11434'],
  ['[fe80::1]:11434', 'http://[fe80::1]:11434'],
  ['https://ollama.example', 'https://ollama.example'],
])('%s is the engine at %s', (text, origin) => {
  expect(readRemoteUrl(text)).toBe(origin)
})

test.each([
  ['http://nas:11434', 'nas'],
  ['http://192.168.1.7:11434', '192.168.1.7'],
  ['https://ollama.example', 'ollama.example'],
  ['http://[fe80::1]:11434', 'fe80-1-'],
  [`http://${'a'.repeat(63)}.${'b'.repeat(9)}`, `${'a'.repeat(63)}.`],
])('the engine at %s is called %s', (origin, name) => {
  expect(nameOfRemote(origin)).toBe(name)
  expect(name).toMatch(engineNamePattern)
})

test.each([
  ['', 'cannot be read'],
  ['http://', 'cannot be read'],
  ['nas:port', 'cannot be read'],
  ['ftp://nas', 'not http or https'],
  ['file:///etc/passwd', 'cannot be read'],
  ['http://me:secret@nas', 'holds an account'],
  ['http://nas/v1', 'has a path'],
  ['http://nas/?a', 'has a path'],
  ['a'.repeat(301), 'longer than'],
])('%s is refused', (text, reason) => {
  expect(() => readRemoteUrl(text)).toThrow(reason)
})
