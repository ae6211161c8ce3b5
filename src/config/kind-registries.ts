import { z } from 'zod'
import type { Kind } from './kind.ts'
import { limits } from './limits.ts'

const expected = 'registries with commas between them, each as host or host:port'

/** As in the first part of a model's name. */
const host = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}(:\d{1,5})?$/

/** Registries by their hosts. */
export const registries: Kind<readonly string[]> = {
  name: 'list of registries',
  suffix: '',
  expected,
  example: '"registry.lan:5000,192.168.1.9:5000"',
  schema: z
    .string(expected)
    .max(limits.originsCharactersMax, expected)
    .transform((text, context) => {
      const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim())
      if (entries.every((entry) => host.test(entry))) return entries
      context.addIssue(expected)
      return z.NEVER
    }),
  fromText: (text) => text.trim(),
  spell: (entries) => entries.join(','),
}
