/** Makes every call of the real file system below one folder a step of a schedule. */
import type { FileHandle } from 'node:fs/promises'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/** Does a step when its turn has come. */
export type Step = <Result>(run: () => Promise<Result>) => Promise<Result>

type Call = (...args: unknown[]) => Promise<unknown>

const calls = [
  'access',
  'mkdir',
  'open',
  'readdir',
  'readFile',
  'rename',
  'rm',
  'rmdir',
  'stat',
  'statfs',
]
const handleCalls = new Set(['read', 'readFile', 'stat', 'truncate', 'write', 'writeFile', 'close'])
/** There is no power cut in these trials; that the caller waits is what matters. */
const syncs = new Set(['sync', 'datasync'])

const changes = new Set(['rename', 'rm'])

/**
 * Until the function is called that this gives, calls of `node:fs/promises` on paths below `folder` go through `step`. `changed` is
 * called after those that make a name or remove one.
 */
export function gateFiles(folder: string, step: Step, changed: () => void): () => void {
  const functions = files as unknown as Record<string, Call>
  const originals = new Map(calls.map((name) => [name, functions[name] as Call]))
  for (const [name, original] of originals) {
    functions[name] = async (...args) => {
      if (!String(args[0]).startsWith(folder)) return original(...args)
      const result = await step(() =>
        original(...args).finally(() => {
          if (changes.has(name)) changed()
        }),
      )
      return name === 'open' ? gatedHandle(result as FileHandle, step) : result
    }
  }
  syncBuiltinESMExports()
  return () => {
    for (const [name, original] of originals) functions[name] = original
    syncBuiltinESMExports()
  }
}

function gatedHandle(handle: FileHandle, step: Step): FileHandle {
  return new Proxy(handle, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target)
      if (typeof method !== 'function') return method
      const call = (...args: unknown[]) => (method as Call).apply(target, args)
      if (syncs.has(String(name))) return () => step(async () => undefined)
      return handleCalls.has(String(name))
        ? (...args: unknown[]) => step(() => call(...args))
        : call
    },
  })
}
