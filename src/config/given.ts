import type { Source } from './problem.ts'
import type { ConfigFlags } from './setting.ts'
import { type Key, rows } from './table.ts'

/** A value that someone gave for a key, unchecked. */
export interface Given {
  readonly key: Key
  readonly source: Source
  readonly raw: unknown
  /** Folder at which a relative path begins. */
  readonly base: string
  /** Lines of the entries of a map. */
  readonly entryLines?: ReadonlyMap<string, number>
}

/** What the flags give, in the order of the table. */
export function givenByFlags(flags: ConfigFlags, cwd: string): Given[] {
  return [...rows].flatMap(([key, { flag, kind }]) => {
    const text = flag && flags[flag.option]
    if (flag === undefined || text === undefined || text === false) return []
    const raw = typeof text === 'string' && text !== '' ? kind.fromText(text) : text
    return [{ key, source: { type: 'flag', name: flag.name }, raw, base: cwd }]
  })
}

/** What the environment gives; a variable that is empty counts as absent. */
export function givenByEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Given[] {
  return [...rows].flatMap(([key, { envs, kind }]) =>
    envs.flatMap((name): Given[] => {
      const text = variable(env, name)
      if (text === undefined) return []
      return [{ key, source: { type: 'env', name }, raw: kind.fromText(text), base: cwd }]
    }),
  )
}

/** A variable without the spaces and quotes around it. Source: Ollama envconfig/config.go, `Var`. */
function variable(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const text = env[name]?.trim().replaceAll(/^["']+|["']+$/g, '')
  return text === '' ? undefined : text
}
