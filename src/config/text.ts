import type { ConfigEntry } from './entry.ts'
import type { Spelled } from './kind.ts'
import type { ConfigReport, LoadedConfig } from './load.ts'

/** `config check` for people; ends with a newline, as all texts here. */
export function configCheckText(report: ConfigReport): string {
  const { ok, file, settings, problems, problemCount } = report
  const from = file ?? 'no configuration file'
  if (ok) return `${from}: no problem found; settings not at their default: ${settings}\n`
  const left = problemCount - problems.length
  const lines = [...problems.map(({ text }) => text), ...(left > 0 ? [`and ${left} more`] : [])]
  return `${from}: problems found\n${lines.map((line) => `  ${line}\n`).join('')}`
}

/** `config show` for people: a YAML file that, read again, gives the same values (but for masked secrets). */
export function configShowText(config: LoadedConfig): string {
  const lines: string[] = []
  const printed = new Set<string>()
  for (const { key, value, source } of config.entries()) {
    const words = key.split('.')
    const name = words.pop() ?? ''
    for (const [depth, word] of words.entries()) {
      const section = words.slice(0, depth + 1).join('.')
      if (!printed.has(section)) lines.push(`${'  '.repeat(depth)}${word}:`)
      printed.add(section)
    }
    lines.push(...valueLines(name, value, source, words.length))
  }
  return `${lines.join('\n')}\n`
}

/** `config explain KEY` for people. Throws `OD_CONFIG_KEY_UNKNOWN`. */
export function configExplainText(config: LoadedConfig, key: string): string {
  const entry = config.explain(key)
  const facts: [string, string][] = [
    ['value', JSON.stringify(entry.value)],
    ['source', entry.source],
    ['default', JSON.stringify(entry.default)],
    ['unit', entry.unit],
    ['expected', entry.expected],
    ['flag', entry.flag ?? ''],
    ['environment', entry.envs.join(', ')],
    ['takes effect', effectText(entry)],
    ['since', entry.since],
  ]
  const lines = facts.filter(([, text]) => text !== '')
  return [
    entry.key,
    `  ${entry.description}`,
    '',
    ...lines.map(([name, text]) => `  ${name.padEnd(12)}  ${text}`),
    '',
  ].join('\n')
}

/** When a change of the setting is in force. */
export function effectText({ reload }: Pick<ConfigEntry, 'reload'>): string {
  return { restart: 'at the next start' }[reload]
}

/** JSON's spelling of a value is also YAML's. */
function valueLines(name: string, value: Spelled, source: string, depth: number): string[] {
  const indent = '  '.repeat(depth)
  const entries = typeof value === 'object' ? Object.entries(value) : []
  if (entries.length === 0) return [`${indent}${name}: ${JSON.stringify(value)}  # ${source}`]
  return [
    `${indent}${name}:  # ${source}`,
    ...entries.map(([variable, text]) => `${indent}  ${variable}: ${JSON.stringify(text)}`),
  ]
}
