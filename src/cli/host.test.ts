import { describe, expect, test } from 'vitest'
import { parseHost } from './host.ts'

describe('the address of a gateway', () => {
  test.each([
    ['nas', 'http://nas:8080'],
    ['nas:9000', 'http://nas:9000'],
    ['nas:80', 'http://nas'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]', 'http://[::1]:8080'],
    ['[::1]:99', 'http://[::1]:99'],
    ['http://nas', 'http://nas'],
    ['https://llm.example.org/', 'https://llm.example.org'],
    ['https://example.org/llm/', 'https://example.org/llm'],
    ['nas/llm', 'http://nas:8080/llm'],
  ])('%s is %s', (text, url) => {
    expect(parseHost(text, '--host')).toBe(url)
  })

  test.each([
    '',
    'ftp://nas',
    'http://',
    'nas:99999',
    'http://user:word@nas',
    '::1',
    'nas?x=1',
    'a b',
  ])('%j is refused with where it stood', (text) => {
    expect(() => parseHost(text, '--host')).toThrow(/^--host is not the address of a gateway/)
  })
})
