/** Scripts that complete this program's command lines in a shell. Pure: everything comes from the table of commands. */
import type { CommandRow, OptionRow } from '../command.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What can follow words that were typed already. */
interface Continuation {
  /** Words after the program's name, with single spaces. */
  readonly after: string
  readonly words: readonly { readonly word: string; readonly meaning: string }[]
}

const program = 'ollama-distributed'

/** The script for a shell, for `source` or the shell's own folder of completions. */
export function completionScript(
  shell: Shell,
  table: readonly CommandRow[],
  groups: ReadonlyMap<string, string>,
): string {
  const continuations = continuationsOf(table, groups)
  if (shell === 'fish') return fishScript(continuations)
  return shell === 'zsh' ? zshScript(continuations) : bashScript(continuations)
}

/** The first words, the second words of groups, and the options of each command. */
function continuationsOf(
  table: readonly CommandRow[],
  groups: ReadonlyMap<string, string>,
): Continuation[] {
  const found = new Map<string, Map<string, string>>([['', new Map()]])
  const put = (after: string, word: string, meaning: string) => {
    const words = found.get(after) ?? new Map<string, string>()
    if (!words.has(word)) words.set(word, meaning)
    found.set(after, words)
  }
  for (const { name, aliases = [], summary, options } of table) {
    const [first = '', second] = name.split(' ')
    put('', first, second === undefined ? summary : (groups.get(first) ?? ''))
    if (second !== undefined) put(first, second, summary)
    for (const option of options) put(name, longName(option), option.description)
    for (const alias of aliases) {
      for (const option of options) put(alias, longName(option), option.description)
    }
  }
  put('', 'help', 'Show the help')
  return [...found].map(([after, words]) => ({
    after,
    words: [...words].map(([word, meaning]) => ({ word, meaning })),
  }))
}

/** `--port` of `-p, --port <n>`. */
function longName({ flags }: OptionRow): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags
}

function bashScript(continuations: readonly Continuation[]): string {
  const cases = continuations
    .filter(({ after }) => after !== '')
    .toSorted((a, b) => b.after.length - a.after.length) // a command before the group it is in
    .map(({ after, words }) => `    "${after} "*) words="${listOf(words)}" ;;`)
  const first = continuations.find(({ after }) => after === '')?.words ?? []
  return [
    `# ${program}: completion for bash`,
    '_ollama_distributed() {',
    '  local typed="${COMP_WORDS[*]:1:COMP_CWORD-1} " words',
    '  case "$typed" in',
    ...cases,
    `    " ") words="${listOf(first)}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    `complete -o default -F _ollama_distributed ${program}`,
    '',
  ].join('\n')
}

function zshScript(continuations: readonly Continuation[]): string {
  return [
    `#compdef ${program}`,
    'autoload -U +X bashcompinit && bashcompinit',
    bashScript(continuations),
  ].join('\n')
}

function fishScript(continuations: readonly Continuation[]): string {
  const lines = continuations.flatMap(({ after, words }) => {
    const condition =
      after === ''
        ? '__fish_use_subcommand'
        : after
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ')
    return words.map(({ word, meaning }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`
      return `complete -c ${program} -n '${condition}' ${what} -d '${quoted(meaning)}'`
    })
  })
  return [`# ${program}: completion for fish`, ...lines, ''].join('\n')
}

function listOf(words: Continuation['words']): string {
  return words.map(({ word }) => word).join(' ')
}

/** For fish's single quotes. */
function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
