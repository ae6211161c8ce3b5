import { z } from 'zod'
import type { Kind } from './kind.ts'
import { limits } from './limits.ts'

const expected =
  'origins with commas between them, each with one * or of http, https or a browser extension'

/** What Ollama takes for an origin; with another one it does not start. Source: gin-contrib/cors `Validate`. */
const scheme = /^(https?|(chrome|safari|moz|ms-browser)-extension):\/\//

/** Web pages by their origin, as `OLLAMA_ORIGINS` lists them. Source: Ollama envconfig `AllowedOrigins`. */
export const origins: Kind<readonly string[]> = {
  name: 'list of origins',
  suffix: '',
  expected,
  example: '"https://chat.example,https://*.example"',
  schema: z
    .string(expected)
    .max(limits.originsCharactersMax, expected)
    .transform((text, context) => {
      const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim())
      if (entries.every(isOrigin)) return entries
      context.addIssue(expected)
      return z.NEVER
    }),
  fromText: (text) => text.trim().replaceAll(/^["']+|["']+$/g, ''), // as Ollama reads its variables
  spell: (entries) => entries.join(','),
}

function isOrigin(entry: string): boolean {
  const stars = entry.split('*').length - 1
  return stars === 1 || (stars === 0 && scheme.test(entry))
}
