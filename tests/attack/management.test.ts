/** Routes of the management API that change something. */
import { expect, test } from 'vitest'
import { apiTable } from '../../src/admin/index.ts'
import { rawRequest } from '../support/raw-http.ts'
import { errorText, type Ground, startGround } from './ground.ts'
import { withstand } from './withstand.ts'

const changing = apiTable.filter(({ method }) => method !== 'GET')
const pathOf = (path: string) => path.replace(':id', 'local')
const newEngine = '{"kind":"remote","url":"http://127.0.0.1:9"}'

function expectNothingDone({ engines, operations, gateway, engine }: Ground): void {
  expect(engines.list().map(({ id }) => id)).toEqual(['local'])
  expect(operations.list()).toEqual([])
  expect(gateway.strategy).toBe('model_affinity')
  expect(engine.received).toHaveLength(0)
}

test('there are routes that change something', () => {
  expect(changing.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/v1/instances',
    'DELETE /api/v1/instances/:id',
    'POST /api/v1/instances/:id/start',
    'POST /api/v1/instances/:id/stop',
    'POST /api/v1/instances/:id/restart',
    'POST /api/v1/models/verify',
    'DELETE /api/v1/operations/:id',
    'PUT /api/v1/routing/strategy',
    'POST /api/v1/nodes/:id/approve',
    'POST /api/v1/nodes/:id/drain',
    'POST /api/v1/nodes/:id/undrain',
    'POST /api/v1/nodes/:id/reject',
    'DELETE /api/v1/nodes/:id',
    'PUT /api/v1/nodes/:id/labels',
    'POST /api/v1/cluster/join',
    'DELETE /api/v1/cluster/join',
    'POST /api/v1/cluster/leave',
    'POST /api/v1/tokens',
    'DELETE /api/v1/tokens/:id',
  ])
})

test.each([
  ['A-63: a page of another site', [['Origin', 'http://evil.example']]],
  ['A-63: a page without a site', [['Origin', 'null']]],
  ['A-64: a name that was bound to this address', [['Host', 'evil.example']]],
] as const)('%s changes nothing by any route: 403 without a word', async (_, headers) => {
  const ground = await startGround()
  const askAll = async () => {
    for (const { method, path } of changing) {
      const all = [...headers, ['Content-Type', 'text/plain']] as const
      const body = path.endsWith('strategy') ? '{"strategy":"round_robin"}' : newEngine
      const got = await rawRequest(ground.origin, {
        method,
        path: pathOf(path),
        headers: all,
        body,
      })
      expect([method, path, got.status, got.body.length]).toEqual([method, path, 403, 0])
    }
    expectNothingDone(ground)
  }
  await withstand(ground, askAll, { lines: changing.length, times: 5 })
})

const fields = (rest: string) => `{"kind":"remote","url":"http://nas"${rest}}`

test.each([
  ['A-28: a body of more than 1 MiB', fields(`,"name":"${'x'.repeat(1024 * 1024)}"`), 413],
  ['A-26: no body', '', 400],
  ['A-27: cut JSON', '{"kind":', 400],
  ['A-37: bytes that are not UTF-8', '{"kind":"remote","url":"\xff"}', 400],
  ['a list', '[]', 400],
  ['A-32: 500,000 lists in each other', '['.repeat(500_000), 400],
  ['another kind', '{"kind":"embedded","name":"x"}', 400],
  ['a number for a name', fields(',"name":7'), 400],
  ['an empty name', fields(',"name":""'), 400],
  ['a name of 65 letters', fields(`,"name":"${'x'.repeat(65)}"`), 400],
  ['an address of 301 letters', `{"kind":"remote","url":"${'x'.repeat(301)}"}`, 400],
  ['an unknown key', fields(',"adress":"x"'), 400],
  ['A-35: keys of prototypes', fields(',"__proto__":{"x":1}'), 400],
  ['a folder', '{"kind":"managed","name":"x","dataDir":"/etc"}', 400],
  ['variables', '{"kind":"managed","name":"x","environment":{"LD_PRELOAD":"/x"}}', 400],
  ['a host to listen at', '{"kind":"managed","name":"x","host":"0.0.0.0"}', 400],
  ['a port that is none', '{"kind":"managed","name":"x","port":65536}', 400],
  ['an account in the address', '{"kind":"remote","url":"http://me:secret@nas"}', 400],
  ['an address of a file', '{"kind":"remote","url":"file:///etc/passwd"}', 400],
])('POST /api/v1/instances: %s is refused in words', async (_, body, status) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const bytes = Buffer.from(body, 'latin1')
    const got = await rawRequest(ground.origin, { path: '/api/v1/instances', body: bytes })
    expect(got.status).toBe(status)
    expect(errorText(got)).toMatch(/\w/)
    expect(errorText(got)).not.toContain('secret')
    expectNothingDone(ground)
  })
})

test.each([
  ['A-44: a path for a name', '/api/v1/instances/..%2F..%2Fetc/stop', 404],
  ['a name of 65 letters', `/api/v1/instances/${'x'.repeat(65)}/stop`, 400],
  ['a time that is none', '/api/v1/instances/local/stop?drainMs=', 400],
  ['a time below nothing', '/api/v1/instances/local/stop?drainMs=-1', 400],
  ['a time without an end', '/api/v1/instances/local/stop?drainMs=1e9', 400],
  ['a time twice', '/api/v1/instances/local/stop?drainMs=0&drainMs=1', 400],
  ['an unknown parameter', '/api/v1/instances/local/stop?force=true', 400],
])('stop: %s is refused', async (_, path, status) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { method: 'POST', path })
    expect(got.status).toBe(status)
    expectNothingDone(ground)
  })
})

const labels = (all: string) => `{"labels":${all}}`
const peers = (all: string) => `{"peers":${all}}`

test.each([
  ['PUT', 'nodes/desk/labels', 'a list', '[]'],
  ['PUT', 'nodes/desk/labels', 'A-27: cut JSON', '{"labels":'],
  ['PUT', 'nodes/desk/labels', 'a name of 64 letters', labels(`{"${'x'.repeat(64)}":"y"}`)],
  ['PUT', 'nodes/desk/labels', 'a name with a line feed', labels('{"a\\nb":"y"}')],
  ['PUT', 'nodes/desk/labels', 'no name', labels('{"":"y"}')],
  ['PUT', 'nodes/desk/labels', 'a value of a tag', labels('{"a":"<b>"}')],
  ['PUT', 'nodes/desk/labels', 'a number', labels('{"a":1}')],
  ['PUT', `nodes/${'x'.repeat(129)}/labels`, 'a node of 129 letters', labels('{}')],
  ['POST', 'cluster/join', '17 addresses', peers(JSON.stringify(Array(17).fill('/ip4/')))],
  ['POST', 'cluster/join', 'an address of 401 letters', peers(`["${'x'.repeat(401)}"]`)],
  ['POST', 'cluster/join', 'a number for an address', peers('[4001]')],
  ['POST', 'cluster/join', 'A-74: a token of 1 MB', `{"peers":["x"],"token":"${'x'.repeat(1e6)}"}`],
  ['POST', 'cluster/join', 'an unknown key', '{"peers":["x"],"force":true}'],
  ['POST', 'tokens', 'no uses', '{"uses":0}'],
  ['POST', 'tokens', 'uses without an end', '{"uses":1e9}'],
  ['POST', 'tokens', 'half a use', '{"uses":0.5}'],
  ['POST', 'tokens', 'a time below nothing', '{"ttlSeconds":-1}'],
  ['POST', 'tokens', 'a time of a year', '{"ttlSeconds":31536000}'],
  ['POST', 'tokens', 'a text of its own', '{"token":"mine"}'],
  ['DELETE', `tokens/${'x'.repeat(65)}`, 'an id of 65 letters', ''],
])('%s /api/v1/%s: %s is refused in words', async (method, path, _, body) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { method, path: `/api/v1/${path}`, body })
    expect(got.status).toBe(400)
    expect(errorText(got)).toMatch(/\w/)
    expectNothingDone(ground)
  })
})
