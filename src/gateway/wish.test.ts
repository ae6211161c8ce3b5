import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { routes } from './routes.ts'
import { readWish, type Wish } from './wish.ts'

function wishOf(
  path: string,
  body: string | Buffer,
  more: { query?: string; headers?: object } = {},
) {
  const route = routes.find((one) => one.path === path)
  if (route === undefined) throw new Error(path)
  const { query = '', headers = {} } = more
  return readWish(route, { query, headers: { ...headers }, body: Buffer.from(body) })
}

/** Of what needs no unpacking. */
function plainWishOf(...asked: Parameters<typeof wishOf>): Wish {
  return wishOf(...asked) as Wish
}

const canonical = 'registry.ollama.ai/library/smol:latest'

describe('the model as engines look for it', () => {
  test.each(['smol', ' smol\n', 'SMOL:latest', 'smol:local', 'smol:latest:LOCAL', 'library/smol'])(
    '%j',
    (model) => {
      for (const path of ['/api/chat', '/v1/messages']) {
        const { name, model: found } = plainWishOf(path, JSON.stringify({ model }))
        expect([name, found]).toEqual([model, canonical])
      }
    },
  )

  test('is not there where it is no name, and the name is not where the body is broken', () => {
    expect(plainWishOf('/api/chat', '{"model":"a b"}').model).toBeUndefined()
    const broken = plainWishOf('/api/chat', '{"model":"smol"')
    expect([broken.name, broken.model]).toEqual([undefined, canonical])
  })
})

test('a wish to unload is one of Ollama’s own routes alone', () => {
  const body = '{"model":"smol","keep_alive":0}'
  expect(plainWishOf('/api/generate', body).isUnload).toBe(true)
  expect(plainWishOf('/v1/completions', body).isUnload).toBe(false)
})

test('a compressed body is read on the routes that Ollama unpacks, and nowhere else', async () => {
  const headers = { 'content-encoding': 'zstd' }
  const body = zstdCompressSync('{"model":"smol"}')
  expect((await wishOf('/v1/messages', body, { headers })).model).toBe(canonical)
  expect(plainWishOf('/api/chat', body, { headers }).model).toBeUndefined()
  expect(await wishOf('/v1/messages', '{"model":"smol"}', { headers })).toEqual({ isUnload: false })
  const bomb = zstdCompressSync(Buffer.alloc(21 * 1024 * 1024, ' '))
  expect(await wishOf('/v1/messages', bomb, { headers })).toEqual({ isUnload: false })
})

test('of a form the query comes before the field, as in Go', () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=XX' }
  const field = '--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nsmol\r\n--XX--\r\n'
  const path = '/v1/audio/transcriptions'
  expect(plainWishOf(path, field, { headers })).toEqual({
    name: 'smol',
    model: canonical,
    isUnload: false,
  })
  expect(plainWishOf(path, field, { headers, query: '?model=other' }).name).toBe('other')
})
