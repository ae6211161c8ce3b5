import { describe, expect, test } from 'vitest'
import { endOf, lastWords } from './last-words.ts'

describe('the last words of a runner', () => {
  test.each<[string, string[], string | undefined]>([
    ['nothing was said', [], undefined],
    ['nothing but chatter', ['load_tensors: 12 layers', ''], undefined],
    [
      'a refused file: the error, not the lines around it',
      [
        "llama_model_load: error loading model: missing tensor 'output_norm.weight'",
        'llama_model_load_from_file_impl: failed to load model',
      ],
      "error loading model: missing tensor 'output_norm.weight'",
    ],
    [
      'an assertion, without the folder it was built in',
      ['/home/builder/llama.cpp/ggml/src/ggml.c:3084: GGML_ASSERT(a->ne[0] == 4) failed'],
      'GGML_ASSERT(a->ne[0] == 4) failed',
    ],
    [
      'an abort, without the place',
      ['/home/builder/llama.cpp/src/llama-graph.cpp:3767: unknown pooling type'],
      'unknown pooling type',
    ],
    [
      'a folder of this machine is left out',
      ["x: error: failed to open '/srv/models/blobs/sha256-12'"],
      "error: failed to open 'sha256-12'",
    ],
    ['the last of several', ['error: one', 'error: two', 'bye'], 'error: two'],
    ['control characters out of a file', ['error: a\u001b[31m\tb'], 'error: a [31m b'],
  ])('%s', (_, stderr, words) => {
    expect(lastWords(stderr)).toBe(words)
  })

  test('are of bounded length', () => {
    expect(lastWords([`error: ${'x'.repeat(2_000)}`])?.length).toBe(300)
  })
})

test.each<[number | null, string | null, string]>([
  [2, null, 'exit status 2'],
  [null, 'SIGSEGV', 'signal: segmentation fault'],
  [null, 'SIGXCPU', 'signal: SIGXCPU'],
])('an end with code %s and signal %s reads as Go prints it', (code, signal, words) => {
  expect(endOf({ code, signal })).toBe(words)
})
