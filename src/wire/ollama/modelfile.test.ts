import { expect, test } from 'vitest'
import { readModelfile } from './modelfile.ts'

test('every command, quoted and not', () => {
  const text = [
    '\uFEFF# made by hand',
    'from ./weights.gguf',
    'FROM ./more.gguf',
    'ADAPTER ./lora.gguf',
    'TEMPLATE """{{ .System }}',
    '  "{{ .Prompt }}"',
    '"""',
    'SYSTEM "You are brief.',
    'And kind."',
    'LICENSE one',
    '  LICENSE """two"""',
    'MESSAGE user Hello there',
    'MESSAGE assistant """Hi.',
    'You?"""',
    'PARAMETER stop "<|end|> "',
    'parameter stop b',
    'PARAMETER temperature 0.5',
    'RENDERER qwen3-coder',
    'PARSER qwen3-coder',
    'REQUIRES 0.14.0',
    '',
  ].join('\n')
  expect(readModelfile(text)).toEqual({
    from: ['./weights.gguf', './more.gguf'],
    adapters: ['./lora.gguf'],
    template: '{{ .System }}\n  "{{ .Prompt }}"\n',
    system: 'You are brief.\nAnd kind.',
    licenses: ['one', 'two'],
    messages: [
      { role: 'user', content: 'Hello there' },
      { role: 'assistant', content: 'Hi.\nYou?' },
    ],
    renderer: 'qwen3-coder',
    parser: 'qwen3-coder',
    requires: '0.14.0',
    parameters: new Map([
      ['stop', ['<|end|> ', 'b']],
      ['temperature', ['0.5']],
    ]),
  })
})

test('lines may end as on any system', () => {
  expect(readModelfile('FROM a\r\nSYSTEM b\rTEMPLATE c')).toMatchObject({
    from: ['a'],
    system: 'b',
    template: 'c',
  })
})

test.each([
  ['', 'no FROM'],
  ['SYSTEM x', 'no FROM'],
  ['FROM', 'FROM'],
  ['FROM a\nFORM b', 'FORM b'],
  ['FROM a\nTEMPLATE """open', 'TEMPLATE """open'],
  ['FROM a\nSYSTEM "open', 'SYSTEM "open'],
  ['FROM a\nSYSTEM "', 'SYSTEM "'],
  ['FROM a\nSYSTEM """""', 'SYSTEM """""'],
  ['FROM a\nMESSAGE robot hi', 'MESSAGE robot hi'],
  ['FROM a\nPARAMETER a-b 1', 'PARAMETER a-b 1'],
  ['just words', 'just words'],
])('%j is not understood, and the line is named', (text, line) => {
  expect(() => readModelfile(text)).toThrow(`the Modelfile cannot be understood at: ${line}`)
})
