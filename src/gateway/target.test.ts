import { describe, expect, test } from 'vitest'
import { isHostDisputed } from '../wire/http/target.ts'
import { routes } from './routes.ts'
import { matchTarget } from './target.ts'

const match = (method: string, target: string) => matchTarget(method, target, routes)

describe('the table', () => {
  test.each(
    routes.flatMap(({ path, methods }) => methods.map((method) => [method, path] as const)),
  )('%s %s leads to its own route', (method, path) => {
    expect(match(method, path)).toMatchObject({ type: 'route', route: { path }, query: '' })
  })

  test('has each path once, and none that ends in a slash but the root and that of registries', () => {
    const paths = routes.map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    expect(paths.filter((path) => path.endsWith('/'))).toEqual(['/', '/v2/'])
  })

  test('reads a body exactly where an engine gets it', () => {
    for (const { handling, bodyLimit } of routes) {
      const staysHere = ['list', 'answer', 'registry'].includes(handling.type)
      expect(bodyLimit !== 'none').toBe(!staysHere)
    }
  })
})

describe('a request line', () => {
  test('keeps its query as it was sent', () => {
    expect(match('POST', '/api/chat?a=%20b&c=//')).toMatchObject({ query: '?a=%20b&c=//' })
  })

  test.each(['//api/tags', '/api//tags', '/%61pi/tags', '/api%2Ftags', 'http://host:1/api/tags'])(
    '%s is /api/tags',
    (target) => {
      expect(match('GET', target)).toMatchObject({ type: 'route', route: { path: '/api/tags' } })
    },
  )

  test.each(['//', '', 'http://host', 'http://host?x'])('%j is the root', (target) => {
    expect(match('GET', target)).toMatchObject({ type: 'route', route: { path: '/' } })
  })

  test.each([
    '/API/tags',
    '/api/tags/x',
    '/api/%2e/tags',
    '/api/x/%2e%2e/tags',
    '/api/%2ftags',
    '/%2fapi/tags',
    '/api/x%2f../tags',
    '/api%252ftags',
  ])('%s is unknown', (target) => {
    expect(match('GET', target)).toEqual({ type: 'unknown' })
  })

  test.each(['/%zz', '/api/%', '*', 'api/tags'])('%s is malformed', (target) => {
    expect(match('GET', target)).toEqual({ type: 'malformed' })
  })

  test('with a slash too many is redirected only where the method fits', () => {
    expect(match('GET', '/api/ps/')).toEqual({
      type: 'redirect',
      status: 301,
      location: '/api/ps',
    })
    expect(match('POST', '/api/chat/?x')).toEqual({
      type: 'redirect',
      status: 307,
      location: '/api/chat?x',
    })
    expect(match('POST', '/api/ps/')).toEqual({ type: 'unknown' })
  })

  test.each([
    ['/api/./tags', '/api/tags'],
    ['/api/x/../tags/?a=../b', '/api/tags/?a=../b'],
    ['//evil.example/../x', '/x'],
    ['/.//evil.example', '/evil.example'],
    ['/./\\evil.example/"', '/%5Cevil.example/%22'],
    ['/../..', '/'],
  ])('%s is sent on to %s', (target, location) => {
    const redirect = { type: 'redirect', status: 307, location }
    for (const method of ['GET', 'POST']) expect(match(method, target)).toEqual(redirect)
  })

  test('has one decoded part where the route leaves one open', () => {
    const route = { path: '/api/blobs/:digest' }
    expect(match('HEAD', '/api/blobs/sha256%3Aab?x')).toMatchObject({
      type: 'route',
      route,
      parameters: { digest: 'sha256:ab' },
      query: '?x',
    })
    expect(match('POST', '/api//blobs/%2541')).toMatchObject({
      route,
      parameters: { digest: '%41' },
    })
    for (const path of ['/api/blobs', '/api/blobs/', '/api/blobs/a/b', '/api/blobs/a%2fb']) {
      expect(match('POST', path)).toEqual({ type: 'unknown' })
    }
    expect(match('GET', '/api/blobs/a')).toEqual({ type: 'wrong-method', allow: 'HEAD, POST' })
    expect(match('HEAD', '/api/blobs/a:b%20/?x')).toEqual({
      type: 'redirect',
      status: 307,
      location: '/api/blobs/a:b%20?x',
    })
    expect(match('POST', '/api/delete')).toEqual({ type: 'wrong-method', allow: 'DELETE' })
  })

  test('of OPTIONS alone may concern the server as a whole', () => {
    expect(match('OPTIONS', '*')).toEqual({ type: 'server' })
  })

  test('that names a host agrees with the Host header, or is disputed', () => {
    expect(isHostDisputed('http://A:1/x', 'a:1')).toBe(false)
    expect(isHostDisputed('/x', 'a')).toBe(false)
    expect(isHostDisputed('http://a/x', 'b')).toBe(true)
    expect(isHostDisputed('http://a@b/x', 'b')).toBe(true)
  })

  test('with lower-case or invented methods is a wrong method', () => {
    for (const method of ['get', 'BREW', 'OPTIONS']) {
      expect(match(method, '/api/ps')).toEqual({ type: 'wrong-method', allow: 'GET' })
    }
  })
})
