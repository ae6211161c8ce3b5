import { expect, test } from 'vitest'
import { parametersText } from './modelfile-text.ts'

test('values are printed as Go prints what it read from JSON', () => {
  const parameters = { num_ctx: 1_048_576, seed: 7, temperature: 0.5, use_mmap: true, odd: null }
  const lines = parametersText({ ...parameters, stop: ['<end>', 'a"b'] }).split('\n')
  expect(lines.map((line) => line.split(/ +/))).toEqual([
    ['num_ctx', '1.048576e+06'],
    ['odd', '<nil>'],
    ['seed', '7'],
    ['stop', '"<end>"'],
    ['stop', '"a\\"b"'],
    ['temperature', '0.5'],
    ['use_mmap', 'true'],
  ])
})
