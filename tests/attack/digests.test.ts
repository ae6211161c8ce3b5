import { expect, test } from 'vitest'
import { headerOf, rawRequest } from '../support/raw-http.ts'
import { errorText, startGround } from './ground.ts'
import { withstand } from './withstand.ts'

const hex = 'a1'.repeat(32)
const invalid = 'invalid digest format'

/** Spellings that are no digest, each as it stands in an address, and what the gateway answers there. */
const addresses: readonly [title: string, address: string, status: number][] = [
  ['A-43: parents', 'sha256:../../../x', 307],
  ['A-44: encoded slashes', 'sha256:..%2f..%2f..%2fx', 404],
  ['A-44: encoded dots', 'sha256:%2e%2e/%2e%2e/x', 404],
  ['A-44: encoded twice', 'sha256:%252e%252e%252f%252e%252e%252fx', 400],
  ['A-44: a zero byte', `sha256:${hex}%00`, 400],
  ['A-44: backslashes', 'sha256:..%5c..%5cx', 400],
  ['A-44: a line break', `sha256:${hex}%0d%0aX-Evil:%201`, 400],
  ['A-45: 63 digits', `sha256:${hex.slice(1)}`, 400],
  ['A-45: 65 digits', `sha256:${hex}0`, 400],
  ['A-45: another algorithm', `sha512:${hex}`, 400],
  ['A-45: its name in upper case', `SHA256:${hex}`, 400],
  ['A-45: digits of another script', `sha256:${encodeURIComponent('١'.repeat(64))}`, 400],
  ['A-45: wide letters', `sha256:${encodeURIComponent('ａ'.repeat(64))}`, 400],
  ['A-46: nothing', '%20', 400],
]

test.each(addresses)('%s in an address: no engine hears of it', async (_, address, status) => {
  const ground = await startGround()
  const askBoth = async () => {
    for (const method of ['POST', 'HEAD']) {
      const path = `/api/blobs/${address}`
      const got = await rawRequest(ground.origin, { method, path, body: 'x' })
      expect([method, got.status]).toEqual([method, status])
      if (method === 'POST' && status === 400) expect(errorText(got)).toBe(invalid)
      expect(headerOf(got, 'x-evil')).toBeUndefined()
    }
    expect(ground.engine.received).toHaveLength(0)
  }
  await withstand(ground, askBoth, { lines: 2, times: 3 })
})

test('A-44: a slash at the end of an address leads to the address without it, encoded anew', async () => {
  const ground = await startGround()
  const path = `/api/blobs/${encodeURIComponent('a:b?#\r\nX: 1')}/?q`
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { path, body: 'x' })
    expect(got.status).toBe(307)
    expect(headerOf(got, 'location')).toBe('/api/blobs/a:b%3F%23%0D%0AX:%201?q')
  })
})

const texts = [
  '../../../x',
  'sha256:../../../../etc/passwd',
  `sha256:${hex}/../../x`,
  `sha256:${hex}\0`,
  'sha256-..\\..\\x',
  `sha256:${hex.slice(1)}`,
  `sha512:${hex}`,
  `sha256:${'١'.repeat(64)}`,
  'x'.repeat(10_000),
  '',
]

test.each(['files', 'adapters', 'draft_files'])(
  'A-43, A-44, A-45, A-46: what is no digest in %s of a create reaches no engine',
  async (map) => {
    const ground = await startGround()
    const askAll = async () => {
      for (const text of texts) {
        const files = { 'good.gguf': `sha256:${hex}`, 'bad.gguf': text }
        const body = JSON.stringify({ model: 'm', from: 'a', [map]: files })
        const got = await rawRequest(ground.origin, { path: '/api/create', body })
        expect([text, got.status, errorText(got)]).toEqual([text, 400, invalid])
      }
      const hidden = `{"FILES":{"a":"sh\\u0061256:\\u002e\\u002e/x"},"files":{"a":"sha256:${hex}"}}`
      const got = await rawRequest(ground.origin, { path: '/api/create', body: hidden })
      expect([got.status, errorText(got)]).toEqual([400, invalid])
      expect(ground.engine.received).toHaveLength(0)
    }
    await withstand(ground, askAll, { lines: texts.length + 1, times: 3 })
  },
)

test.each([
  ['{"model":"m","from":"a","info":{"model_family":1}}', 'model_family', 'string'],
  ['{"model":"m","from":"a","info":{"base_name":null}}', 'base_name', 'string'],
  ['{"model":"m","from":"a","Info":{"context_length":"1"}}', 'context_length', 'number'],
  ['{"info":{"embedding_len\\u0067th":[]},"info":{}}', 'embedding_length', 'number'],
])('a create that kills an Ollama: %s', async (body, field, type) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { path: '/api/create', body })
    expect([got.status, errorText(got)]).toEqual([400, `info field "${field}" must be a ${type}`])
    expect(ground.engine.received).toHaveLength(0)
  })
})
