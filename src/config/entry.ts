import type { Spelled } from './kind.ts'
import { sourceText } from './problem.ts'
import type { Resolved } from './resolve.ts'
import type { Key, Row } from './table.ts'

/** All that can be said about one setting; plain data, as the JSON forms of `config show` and `explain` print it. */
export interface ConfigEntry {
  readonly key: Key
  /** As a file spells it; secrets masked. */
  readonly value: Spelled
  /** `flag --port`, `env LOG_LEVEL`, `file ollama-distributed.yaml:12` or `default`. */
  readonly source: string
  /** What it would be if nobody had given it. */
  readonly default: Spelled
  readonly description: string
  readonly unit: string
  /** Which values are right. */
  readonly expected: string
  readonly envs: readonly string[]
  /** With its argument: `--port N`. */
  readonly flag: string | undefined
  readonly reload: 'restart'
  readonly since: string
}

export function entryOf(key: Key, row: Row, resolved: Resolved): ConfigEntry {
  const value = row.kind.spell(resolved.value)
  return {
    key,
    value: row.secret ? masked(value) : value,
    source: sourceText(resolved.source),
    default: row.kind.spell(resolved.defaultValue),
    description: row.description,
    unit: row.unit,
    expected: row.kind.expected,
    envs: row.envs,
    flag: flagText(row),
    reload: row.reload,
    since: row.since,
  }
}

/** `--port N`; undefined where there is no flag. */
export function flagText({ flag }: Row): string | undefined {
  return flag && [flag.name, flag.argument].filter(Boolean).join(' ')
}

const mask = '********'

/** Variables of Ollama's own whose names do not sound like a credential; of any other, who knows what it holds. */
function isShowable(name: string): boolean {
  return name.startsWith('OLLAMA_') && !/KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL/i.test(name)
}

function masked(value: Spelled): Spelled {
  if (typeof value !== 'object') return mask
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, isShowable(name) ? text : mask]),
  )
}
