/** The server that a stub's answers come from, as Ollama writes it down. Pure. Source: Ollama server/create.go, remoteURL. */
import { cleanPath } from '../http/dot-segments.ts'

const ollamaPort = 11434

/** Longer than any URL that servers take. */
const lengthMax = 2_048

/** Ollama's own cloud. */
export const cloudHost = 'https://ollama.com:443'

/** The whole URL, with Ollama's port where none is given: of `gpu-box` `http://gpu-box:11434`. Undefined where it is none. */
export function remoteHostUrl(text: string): string | undefined {
  if (text.length > lengthMax) return undefined
  if (text.startsWith('/')) return `http://localhost:${ollamaPort}${pathOf(text)}`
  const whole = text.includes('://') ? text : `http://${text}`
  if (whole === 'http://ollama.com') return cloudHost
  if (!URL.canParse(whole)) return undefined
  const [, scheme = '', authority = '', path = '', rest = ''] =
    /^([^:]+:\/\/)([^/?#]*)([^?#]*)(.*)$/.exec(whole) ?? []
  const hasPort = /:\d+$/.test(authority)
  const host = hasPort ? authority : `${authority || 'localhost'}:${ollamaPort}`
  return `${scheme}${host}${pathOf(path)}${rest}`
}

function pathOf(text: string): string {
  return cleanPath(text).replace(/\/$/, '')
}
