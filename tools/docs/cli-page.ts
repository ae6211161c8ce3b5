import {
  type CommandRow,
  commandTable,
  environmentMeanings,
  exitCodeMeanings,
  globalOptions,
  type OptionRow,
} from '../../src/cli/index.ts'

/** `docs/reference/cli.md`: every command, from the table that is also the parser. */
export function cliPage(): string {
  const list = commandTable.map(
    ({ name, summary }) => `| [\`${name}\`](#${anchor(name)}) | ${summary} |`,
  )
  const parts = [
    introduction,
    ['## Commands', '', '| command | what it does |', '| --- | --- |', ...list].join('\n'),
    `Commands inside ${groupNames().map(code).join(', ')} have two words. \`help\` and \`--help\` show this page in parts; ` +
      '`--version` prints the version of the program and asks nobody.',
    [
      '## Exit codes',
      '',
      '| code | meaning |',
      '| ---: | --- |',
      ...exitCodeMeanings.map(tableRow),
    ].join('\n'),
    [
      '## Environment',
      '',
      'Beside the variables that set a [setting](config.md):',
      '',
      '| variable | meaning |',
      '| --- | --- |',
      ...environmentMeanings.map(([name, meaning]) => tableRow([code(name), meaning])),
    ].join('\n'),
    ...commandTable.map(commandPart),
  ]
  return `${parts.join('\n\n')}\n`
}

/** First words that other commands have as well. */
function groupNames(): string[] {
  const first = commandTable.map(({ name }) => name.split(' '))
  return [...new Set(first.filter((words) => words.length > 1).map(([word = '']) => word))]
}

const introduction = `# Commands

Generated from the table of commands in \`src/cli\`; not to be edited by hand.

\`${globalOptions.dataDir.flags}\` and \`${globalOptions.host.flags}\` may stand before or after a command's name. Which gateway a
command talks to, the first of these that is given: \`--host\`; the node that runs on the folder of \`--data-dir\`, and no
other; \`OLLAMA_DISTRIBUTED_HOST\`; the node that runs on the data folder of this user; \`http://127.0.0.1:8080\`. An address
without a scheme means \`http\` and port 8080 unless it names one; an address with a scheme has the scheme's own port.

Results go to standard output, everything about them to standard error. An error is one sentence and what to do about it.`

function commandPart(row: CommandRow): string {
  const { name, aliases = [], operands = [], summary, description, options, examples } = row
  const words = [
    name,
    ...(options.length > 0 ? ['[options]'] : []),
    ...operands.map((one) => one.name),
  ]
  const parts = [
    `## ${name}`,
    `${summary}. ${description}`,
    `    ollama-distributed ${words.join(' ')}`,
    aliases.length === 0 ? '' : `Also: ${aliases.map(code).join(', ')}.`,
    [...operands.map((one) => item(one.name, one.description)), ...options.map(optionItem)].join(
      '\n',
    ),
    'Examples:',
    examples.map(({ line, does }) => `    # ${does}\n    ollama-distributed ${line}`).join('\n'),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function optionItem({ flags, description }: OptionRow): string {
  return item(flags, description)
}

function item(name: string, description: string): string {
  return `- ${code(name)}: ${description}`
}

function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function code(text: string): string {
  return `\`${text}\``
}

function anchor(heading: string): string {
  return heading.replaceAll(' ', '-')
}
