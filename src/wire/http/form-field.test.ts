import { expect, test } from 'vitest'
import { formField } from './form-field.ts'

const type = 'multipart/form-data; boundary=XX'

function form(...parts: readonly [head: string, value: string][]): Buffer {
  const text = parts.map(
    ([head, value]) => `--XX\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`,
  )
  return Buffer.from(`${text.join('')}--XX--\r\n`)
}

test('the first field of the name counts, wherever it stands among files', () => {
  const file = ['name="file"; filename="a.wav"', 'RIFF\r\n--X\r\n\0'] as const
  const body = form(
    [...file],
    ['name="language"', 'en'],
    ['name="model"', 'a:1'],
    ['name=model', 'b'],
  )
  expect(formField(type, body, 'model')).toBe('a:1')
  expect(formField(type, body, 'language')).toBe('en')
  expect(formField(type, body, 'prompt')).toBeUndefined()
})

test('a file of that name is no field, nor is what a file holds', () => {
  const inside = 'Content-Disposition: form-data; name="model"\r\n\r\nfoul'
  expect(
    formField(
      type,
      form(['name="model"; filename="x"', 'y'], ['name="f"; filename="z"', inside]),
      'model',
    ),
  ).toBeUndefined()
})

test('quoted boundaries, empty values and letters beyond ASCII', () => {
  const quoted = 'Multipart/Form-Data; charset=utf-8; boundary="XX"'
  expect(formField(quoted, form(['name="model"', '']), 'model')).toBe('')
  expect(formField(quoted, form(['name="model"', 'smöl']), 'model')).toBe('smöl')
})

test.each([
  ['application/json', form(['name="model"', 'a'])],
  ['multipart/form-data', form(['name="model"', 'a'])],
  ['multipart/form-data; boundary=YY', form(['name="model"', 'a'])],
  [type, Buffer.from('--XX')],
  [type, Buffer.alloc(0)],
  [type, form(['name="model"', 'a'.repeat(2_000)])],
])('no such form, no field: %s', (contentType, body) => {
  expect(formField(contentType, body, 'model')).toBeUndefined()
})
