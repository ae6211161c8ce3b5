import { expect, test } from 'vitest'
import { requestHeaders, responseHeaders } from './headers.ts'

test('a request keeps order, case and repetition of what an engine may see', () => {
  const kept = ['Accept', 'a', 'accept', 'b', 'User-Agent', 'x', 'X-Api-Version', '1']
  expect(requestHeaders(kept)).toEqual(kept)
})

test.each([
  'Connection',
  'Keep-Alive',
  'Proxy-Authorization',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Host',
  'Content-Length',
  'Expect',
  'Origin',
  'Authorization',
  'Cookie',
  'X-OD-Anything',
])('%s never reaches an engine', (name) => {
  expect(requestHeaders([name, 'value', 'A', '1'])).toEqual(['A', '1'])
})

test('what Connection names is dropped, whatever its case', () => {
  const raw = ['Connection', 'close , X-One', 'x-one', '1', 'X-Two', '2']
  expect(requestHeaders(raw)).toEqual(['X-Two', '2'])
})

test('a client gets what describes the content and nothing about the engine', () => {
  const kept = ['Content-Type', 'a', 'Content-Length', '1', 'Cache-Control', 'no-cache']
  const dropped = [
    'Server',
    's',
    'Set-Cookie',
    'c',
    'X-Od-Node',
    'n',
    'Transfer-Encoding',
    'chunked',
  ]
  expect(
    responseHeaders([...kept, ...dropped, 'Date', 'd', 'Access-Control-Allow-Origin', '*']),
  ).toEqual(kept)
})
