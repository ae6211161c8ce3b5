import { z } from 'zod'
import { engineNamePattern, enginesMax } from '../core/engine.ts'
import { isOdError } from '../core/errors/index.ts'
import { readRemoteUrl } from '../core/remote-url.ts'
import type { Kind } from './kind.ts'

/** Engines by name, each with its address. */
type EngineMap = Kind<Readonly<Record<string, string>>>

/** Names of the engines that a node has by itself. */
const taken = ['local', 'default', 'embedded']

const name = `a name of at most 64 letters, digits, dots, hyphens and underscores, other than ${taken.join(', ')}`

/** Ollamas of other machines: name and address. */
export const remoteEngines: EngineMap = engineMap('{ nas: "http://nas:11434" }', {
  expected: 'an address such as "http://nas:11434"',
  isRight: isRemoteUrl,
})

/** Ollamas of this machine: name, address and port. */
export const managedEngines: EngineMap = engineMap('{ second: "127.0.0.1:11435" }', {
  expected: 'an IP address of this machine and a port, such as "127.0.0.1:11435"',
  isRight: (text) => readListenAddress(text) !== undefined,
})

/** `127.0.0.1:11435` or `[::1]:11435`; undefined for anything else. */
export function readListenAddress(text: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-f:.]+)\]|(localhost|[\d.]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = bracketed ?? plain ?? ''
  const port = Number(digits)
  const isAddress = z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]).safeParse(host).success
  return isAddress && port > 0 && port <= 65_535 ? { host, port } : undefined
}

function engineMap(
  example: string,
  address: { expected: string; isRight: (text: string) => boolean },
): EngineMap {
  const expected = `a map of at most ${enginesMax} engines, name and address`
  return {
    name: 'map of text',
    suffix: '',
    expected,
    example,
    schema: z
      .record(
        z
          .string()
          .regex(engineNamePattern)
          .refine((text) => !taken.includes(text)),
        z.string(address.expected).refine(address.isRight, address.expected),
        { error: ({ code }) => (code === 'invalid_key' ? name : expected) },
      )
      .refine((map) => Object.keys(map).length <= enginesMax, expected),
    fromText: (value) => value,
    spell: (value) => value,
  }
}

function isRemoteUrl(text: string): boolean {
  try {
    readRemoteUrl(text)
    return true
  } catch (error) {
    if (isOdError(error)) return false
    throw error
  }
}
