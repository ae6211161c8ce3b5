import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../../src/engine/embedded/server.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { openLog } from '../../../src/sys/log.ts'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

/** The engine's own port, with one route of each method. `asked`: what reached a route. */
async function startPort(origins: readonly string[] = []) {
  const asked: string[] = []
  const directory = await makeTemporaryDirectory()
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    origins,
    clock: systemClock,
    log: openLog({ level: 'info', file: directory.inside('engine.log') }),
    routes: {
      'GET /api/tags': ({ answer }) => answer.whole(200, '{}'),
      'POST /api/chat': ({ answer }) => {
        asked.push('chat')
        answer.whole(200, '{}')
      },
    },
  })
  onTestFinished(async () => {
    await server.stop()
    await directory.remove()
  })
  return { origin: server.url, asked }
}

test('a foreign page or a foreign name gets 403 without a word from the engine’s own port', async () => {
  const { origin, asked } = await startPort()
  for (const header of [
    ['Origin', 'http://evil.example'],
    ['Host', 'evil.example'],
  ] as const) {
    for (const method of ['POST', 'GET', 'OPTIONS', 'DELETE']) {
      const got = await rawRequest(origin, {
        method,
        path: '/api/chat',
        headers: [header],
        body: '{}',
      })
      expect([method, got.status, got.body.length]).toEqual([method, 403, 0])
    }
  }
  expect(asked).toEqual([])
})

test('a page of this machine asks first, then reads the answer', async () => {
  const { origin, asked } = await startPort()
  const headers = [['Origin', 'http://localhost:3000']] as const
  const first = await rawRequest(origin, { method: 'OPTIONS', path: '/api/chat', headers })
  expect([first.status, headerOf(first, 'allow')]).toEqual([204, 'POST'])
  expect(headerOf(first, 'access-control-max-age')).toBe('43200')
  const got = await rawRequest(origin, { path: '/api/chat', headers, body: '{}' })
  expect(headerOf(got, 'access-control-allow-origin')).toBe('http://localhost:3000')
  expect(asked).toEqual(['chat'])
})

test('A-85: a page that OLLAMA_ORIGINS allows may use the engine’s own port', async () => {
  const { origin, asked } = await startPort(['https://chat.example'])
  const ask = (page: string) =>
    rawRequest(origin, { path: '/api/chat', headers: [['Origin', page]], body: '{}' })
  const got = await ask('https://chat.example')
  expect(headerOf(got, 'access-control-allow-origin')).toBe('https://chat.example')
  expect((await ask('https://evil-chat.example')).status).toBe(403)
  expect(asked).toEqual(['chat'])
})

test('odd paths and methods are answered as Ollama answers them, and harm nothing', async () => {
  const { origin } = await startPort()
  const ask = async (method: string, path: string) => {
    const got = await rawRequest(origin, { method, path })
    return [got.status, headerOf(got, 'location') ?? headerOf(got, 'allow')]
  }
  expect(await ask('GET', '/api/x/../tags?a')).toEqual([307, '/api/tags?a'])
  expect(await ask('PUT', '/api/tags')).toEqual([405, 'HEAD, GET'])
  expect(await ask('HEAD', '/api/chat')).toEqual([405, 'POST'])
  expect(await ask('GET', '/api/%74ags')).toEqual([200, undefined])
  for (const path of ['/%zz', 'http://[/']) {
    expect((await ask('GET', path))[0]).toBeGreaterThanOrEqual(400)
  }
  expect(await ask('GET', '//[')).toEqual([307, '/['])
  expect(await ask('HEAD', '/api/tags')).toEqual([200, undefined])
})

test('a path with slashes too many is sent to the tidy one, before anyone looks at who asks', async () => {
  const { origin } = await startPort()
  const headers = [['Origin', 'http://evil.example']] as const
  const ask = (method: string, path: string) => rawRequest(origin, { method, path, headers })
  const got = await ask('GET', '/api/tags/?a=<b>&c')
  expect([got.status, headerOf(got, 'location')]).toEqual([301, '/api/tags?a=<b>&c'])
  expect(got.body.toString()).toBe(
    '<a href="/api/tags?a=&lt;b&gt;&amp;c">Moved Permanently</a>.\n\n',
  )
  const posted = await ask('POST', '/api/chat/')
  expect([posted.status, headerOf(posted, 'location'), posted.body.length]).toEqual([
    307,
    '/api/chat',
    0,
  ])
  const doubled = await ask('POST', '//api//chat/')
  expect([doubled.status, headerOf(doubled, 'location')]).toEqual([307, '/api/chat/'])
  expect((await ask('GET', '/api/')).status).toBe(403) // no such path even without the slash
})
