import { describe, expect, test } from 'vitest'
import { admit, type Listener, type Sender } from './admission.ts'
import { readAllowedOrigins } from './origin.ts'

const loopback: Listener = {
  isLoopback: () => true,
  machineName: () => 'Box',
  addresses: () => ['203.0.113.7', '2001:db8:0::5'],
  origins: readAllowedOrigins([]),
}
const open: Listener = { ...loopback, isLoopback: () => false }
const typeOf = (sender: Partial<Sender>, listener = loopback) =>
  admit({ method: 'GET', host: 'localhost', origin: undefined, ...sender }, listener).type

describe('the Host of a loopback listener', () => {
  test.each([
    'localhost',
    'LOCALHOST:1',
    'box',
    'a.local',
    'a.internal:2',
    'a.localhost',
    '',
    ':80',
  ])('%j is a name of this machine', (host) =>
    expect([typeOf({ host }), typeOf({ host, method: 'OPTIONS' })]).toEqual(['admitted', 'done']),
  )

  test.each([
    '127.0.0.1',
    '127.9.9.9:1',
    '[::1]',
    '[::1]:5',
    '::1',
    '0.0.0.0',
    '[::]:1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1:9',
    '[fd00::1]:1',
    '[::ffff:192.168.0.1]:1',
    '203.0.113.7:8080',
    '[2001:db8::5]:1',
  ])('%s is an address near enough', (host) => {
    expect(typeOf({ host })).toBe('admitted')
    expect(typeOf({ host, method: 'OPTIONS' })).toBe('admitted')
  })

  test.each([
    'example.com',
    'local',
    'localhost.example',
    '127.0.0.1.example',
    '127.1',
    '0177.0.0.1',
    '172.32.0.1',
    '203.0.113.8',
    '[fe80::1]:1',
    'boxes',
    '[localhost',
  ])('%s is foreign', (host) => {
    expect(typeOf({ host })).toBe('refused')
    expect(typeOf({ host }, open)).toBe('admitted')
  })
})

describe('an Origin', () => {
  test.each([
    'http://localhost',
    'https://127.0.0.1:1',
    'http://0.0.0.0:65535',
    'app://x',
    'file://',
    'tauri://localhost',
    'vscode-webview://a',
    'vscode-file://a',
  ])('%s may read the answer, and ask first', (origin) => {
    const headers = ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin']
    const sender = { method: 'POST', host: 'localhost:1', origin }
    expect(admit(sender, loopback)).toEqual({ type: 'admitted', headers })
    expect(typeOf({ method: 'OPTIONS', host: 'example.com', origin })).toBe('done')
  })

  test.each([
    'http://localhost:3000.evil.example',
    'http://localhost.evil.example',
    'http://localhost:1/',
    'null',
    'localhost',
    'http://[::1]:1',
    'chrome-extension://a',
    'http://xlocalhost',
    'evil-app://x',
  ])('%s is refused on every listener', (origin) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      expect(typeOf({ method, origin })).toBe('refused')
      expect(typeOf({ method, origin }, open)).toBe('refused')
    }
  })

  test('of the very listener asks for nothing, but its Host is checked', () => {
    const same = { method: 'GET', host: '127.0.0.1:8', origin: 'http://127.0.0.1:8' }
    expect(admit(same, loopback)).toEqual({ type: 'admitted', headers: [] })
    expect(typeOf({ host: 'evil.example', origin: 'http://evil.example' })).toBe('refused')
  })
})

describe('an Origin that was allowed', () => {
  const entries = [
    'https://Chat.example',
    'https://*.b.example',
    'chrome-extension://*',
    'http://d*',
  ]
  const listener = { ...loopback, origins: readAllowedOrigins(entries) }

  test.each([
    'https://chat.example',
    'https://a.b.example',
    'https://a.a.b.example',
    'chrome-extension://abc',
    'http://dd.example',
    'http://localhost:1',
  ])('%s may read the answer', (origin) => {
    const headers = ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin']
    const sender = { method: 'POST', host: 'localhost', origin }
    expect(admit(sender, listener)).toEqual({ type: 'admitted', headers })
  })

  test.each([
    'https://evil-chat.example',
    'https://chat.example.evil',
    'https://chat.example:444',
    'http://chat.example',
    'https://b.example',
    'https://ab.example',
    'moz-extension://abc',
    'null',
  ])('is not %s', (origin) => expect(typeOf({ origin }, listener)).toBe('refused'))

  test('may be any: then no answer depends on who asks, and none takes credentials', () => {
    const all = { ...loopback, origins: readAllowedOrigins(['*']) }
    for (const origin of ['null', 'https://evil.example']) {
      const sender = { method: 'GET', host: 'localhost', origin }
      const headers = ['Access-Control-Allow-Origin', '*']
      expect(admit(sender, all)).toEqual({ type: 'admitted', headers })
      const asked = admit({ ...sender, method: 'OPTIONS' }, all)
      expect([asked.type, asked.headers.includes('Vary')]).toEqual(['done', false])
      expect(asked.headers.join()).not.toMatch(/credentials/i)
    }
  })
})
