import { expect, test } from 'vitest'
import { locationOf, uploadPlaceOf } from './redirect.ts'
import type { Answer } from './transport.ts'

const answer = (statusCode: number, headers: Readonly<Record<string, string>>) =>
  ({ statusCode, headers }) as unknown as Answer
const from = new URL('https://r.example/v2/ns/m/blobs/x')
const plain = { location: 'http://r.example/y' }

test('A-93: from HTTPS nobody is sent to plain HTTP, unless all of it may be plain', () => {
  expect(() => locationOf(answer(307, plain), from, false)).toThrow('plain HTTP')
  expect(() => uploadPlaceOf(answer(202, plain), from, false)).toThrow('plain HTTP')
  expect(locationOf(answer(307, plain), from, true)?.href).toBe(plain.location)
})

test('an upload goes on where the registry’s own header says, before the place for the bytes', () => {
  const both = { location: 'https://bytes.example/1', 'docker-upload-location': '/v2/session' }
  expect(uploadPlaceOf(answer(307, both), from, false)?.href).toBe('https://r.example/v2/session')
  expect(locationOf(answer(307, both), from, false)?.href).toBe('https://bytes.example/1')
})
