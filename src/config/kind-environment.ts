import { z } from 'zod'
import type { Kind } from './kind.ts'
import { limits } from './limits.ts'

const name = 'a name of letters, digits and _'
const text = 'text in quotes'
const expected = `a map of at most ${limits.variablesMax} environment variables, each with ${text}`

/** Environment variables for a child process. Values are text only: `1.0` or `on` must arrive as they were written. */
export const environment: Kind<Readonly<Record<string, string>>> = {
  name: 'map of text',
  suffix: '',
  expected,
  example: '{ OLLAMA_KEEP_ALIVE: "5m" }',
  schema: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      z
        .string(text)
        .max(
          limits.variableCharactersMax,
          `${text} of at most ${limits.variableCharactersMax} characters`,
        )
        .refine((value) => !value.includes('\0'), `${text} without a NUL character`),
      { error: ({ code }) => (code === 'invalid_key' ? name : expected) },
    )
    .refine((map) => Object.keys(map).length <= limits.variablesMax, expected),
  fromText: (value) => value,
  spell: (value) => value,
}
