import { configJsonSchema, type SettingRow, settingRows } from '../../src/config/index.ts'

/** `docs/reference/config.md`: every setting, from the table that also loads them. */
export function configPage(): string {
  const sections = Map.groupBy(settingRows, ([key]) => key.slice(0, key.lastIndexOf('.')))
  const parts = [...sections].map(([section, rows]) =>
    [`## ${section}`, ...rows.map(([key, row]) => settingPart(key, row))].join('\n\n'),
  )
  return `${[introduction, ...parts].join('\n\n')}\n`
}

/** `docs/reference/config.schema.json`, formatted as the formatter of this project wants it. */
export function configSchemaText(): string {
  return `${jsonText(configJsonSchema(), '')}\n`
}

const introduction = `# Settings

Generated from the table of settings in \`src/config\`; not to be edited by hand.

A setting is taken from the first of these that gives it: a flag, the environment, the configuration file, its default.
The file is the one that \`--config\` names; without that flag, \`ollama-distributed.yaml\` in the current folder, else
the one in the data folder. It is YAML 1.2, at most 1 MiB. An unknown key, a key given twice and a value of the wrong
kind are errors that name the line.

A duration has its unit: \`30s\`, \`5m\`, \`1h30m\`. In a path, \`~\` is the home folder; a relative path begins at the
folder of the file, or at the current folder when a flag or the environment gives it. Port 0 means any free port. An
environment variable that is empty counts as absent.

\`ollama-distributed config check\` looks for problems, \`config show\` prints all values with their sources,
\`config explain KEY\` tells about one. Editors can check a file against \`config.schema.json\` beside this page.`

function settingPart(key: string, row: SettingRow): string {
  const { kind, default: fallback, unit, flag, envs, secret, since } = row
  const usual =
    'of' in fallback ? fallback.text : `\`${JSON.stringify(kind.spell(fallback.value))}\``
  const facts = [
    ['Value', `${kind.expected}${unit === '' ? '' : ` (${unit})`}`],
    ['Default', usual],
    ['Flag', flag && `\`${[flag.name, flag.argument].filter(Boolean).join(' ')}\``],
    ['Environment', envs.map((name) => `\`${name}\``).join(', ')],
    [
      'Secret',
      secret && "values are masked where they are shown, but for Ollama's own harmless ones",
    ],
    ['Takes effect', 'at the next start'],
    ['Since', since],
  ]
  const lines = facts.flatMap(([name, text]) => (text ? [`- ${name}: ${text}`] : []))
  return [`### \`${key}\``, row.description, lines.join('\n')].join('\n\n')
}

const lineCharactersMax = 100

/** Objects always open, arrays on one line where they fit. */
function jsonText(value: unknown, indent: string, before = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const hasObjects = value.some((item) => typeof item === 'object')
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    if (!hasObjects && before + line.length < lineCharactersMax) return line
    return `[\n${value.map((item) => inner + jsonText(item, inner)).join(',\n')}\n${indent}]`
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([name, item]) => {
    const start = `${inner}${JSON.stringify(name)}: `
    return start + jsonText(item, inner, start.length)
  })
  return `{\n${lines.join(',\n')}\n${indent}}`
}
