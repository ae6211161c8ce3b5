import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { headerOf, rawRequest } from '../support/raw-http.ts'
import { startGround } from './ground.ts'
import { withstand } from './withstand.ts'

const body = '{"model":"a"}'

test.each([
  'http://example.com',
  'null',
  'http://localhost.evil.example',
  'http://localhost:3000.evil.example',
  'https://evil.example/http://localhost',
  'http://[::1]:3000',
  'HTTP://LOCALHOST',
  'http://localhost, http://evil.example',
])('A-63: a page of %s gets 403 without a word, and nothing is done', async (origin) => {
  const ground = await startGround()
  const headers = [
    ['Origin', origin],
    ['Content-Type', 'text/plain'],
  ] as const
  const paths = ['/api/generate', '/api/pull', '/api/delete', '/api/chat', '/api/v1/health']
  const methods = ['POST', 'GET', 'HEAD', 'DELETE', 'OPTIONS']
  const askAll = async () => {
    for (const path of paths) {
      for (const method of methods) {
        const got = await rawRequest(ground.origin, { method, path, headers, body })
        expect([path, method, got.status, got.body.length]).toEqual([path, method, 403, 0])
        expect(headerOf(got, 'access-control-allow-origin')).toBeUndefined()
      }
    }
    expect(ground.engine.received).toHaveLength(0)
  }
  await withstand(ground, askAll, { lines: paths.length * methods.length, times: 3 })
})

test.each(['https://evil-chat.example', 'https://chat.example.evil', 'https://b.example', 'null'])(
  'A-85: %s, which ends or begins as an allowed page does, gets 403',
  async (origin) => {
    const ground = await startGround({ origins: ['https://chat.example', 'https://*.b.example'] })
    const ask = (page: string) =>
      rawRequest(ground.origin, { path: '/api/generate', headers: [['Origin', page]], body })
    await withstand(ground, async () => {
      const refused = await ask(origin)
      expect([refused.status, refused.body.length]).toEqual([403, 0])
      expect(headerOf(refused, 'access-control-allow-origin')).toBeUndefined()
      expect(ground.engine.received).toHaveLength(0)
    })
    const allowed = await ask('https://a.b.example')
    expect(headerOf(allowed, 'access-control-allow-origin')).toBe('https://a.b.example')
    expect(headerOf(allowed, 'access-control-allow-credentials')).toBeUndefined()
  },
)

test.each([
  ['evil.example', 403],
  ['localhost.evil.example:80', 403],
  ['127.0.0.1.evil.example', 403],
  ['8.8.8.8', 403],
  ['[2001:db8::1]', 403],
  ['localhost.', 403],
  ['172.32.0.1', 403],
  ['127.0.0.1@evil.example', 400],
  ['172.31.0.1:1', 200],
  ['[::ffff:10.0.0.1]:1', 200],
  ['[fd00::1]:1', 200],
  [hostname().toUpperCase(), 200],
])(
  'a name that leads here by DNS alone is no name of ours: Host %s is %i',
  async (host, status) => {
    const ground = await startGround()
    const headers = [['Host', host]] as const
    await withstand(ground, async () => {
      const got = await rawRequest(ground.origin, { path: '/api/generate', headers, body })
      expect(got.status).toBe(status)
      expect(ground.engine.received).toHaveLength(status === 200 ? 1 : 0)
    })
  },
)

test('a page of this machine may read the engine’s answer, and what the edge says itself', async () => {
  const ground = await startGround()
  const headers = [['Origin', 'http://localhost:5173']] as const
  for (const path of ['/api/generate', '/nope', '/api/tags']) {
    const got = await rawRequest(ground.origin, { path, headers, body })
    expect(headerOf(got, 'access-control-allow-origin')).toBe('http://localhost:5173')
    expect(headerOf(got, 'vary')).toBe('Origin')
  }
})
