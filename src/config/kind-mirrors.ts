import { z } from 'zod'
import type { Kind } from './kind.ts'
import { limits } from './limits.ts'

const registry = 'a registry as host or host:port'
const addresses =
  'mirrors with commas between them, each as host, host:port or, without TLS, http://host:port'
const expected = `a map of at most ${limits.mirroredMax} registries, each with its mirrors`

const host = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}(:\\d{1,5})?'
const registryPattern = new RegExp(`^${host}$`)
const mirrorPattern = new RegExp(`^(http://|https://)?${host}$`)

/** Mirrors by the registry that they stand for. */
export const mirrors: Kind<Readonly<Record<string, string>>> = {
  name: 'map of text',
  suffix: '',
  expected,
  example: '{ registry.ollama.ai: "mirror.lan,http://192.168.1.9:5000" }',
  schema: z
    .record(
      z.string().regex(registryPattern),
      z
        .string(addresses)
        .max(limits.originsCharactersMax, addresses)
        .refine((text) => textList(text).every((one) => mirrorPattern.test(one)), addresses),
      { error: ({ code }) => (code === 'invalid_key' ? registry : expected) },
    )
    .refine((map) => Object.keys(map).length <= limits.mirroredMax, expected),
  fromText: (value) => value,
  spell: (value) => value,
}

function textList(text: string): readonly string[] {
  return text.split(',').map((one) => one.trim())
}
