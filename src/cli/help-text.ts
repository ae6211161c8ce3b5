/** Texts of the help that commander does not make itself. */
import type { CommandRow } from './command.ts'
import { exitCodeMeanings } from './exit-codes.ts'

export const programDescription =
  "One address, Ollama's API: starts a node on this machine, and asks nodes and their models."

/** Variables that commands read beside those that set a setting. */
export const environmentMeanings: readonly (readonly [name: string, meaning: string])[] = [
  ['OLLAMA_DISTRIBUTED_HOST', 'as --host, which is stronger'],
  ['OLLAMA_DISTRIBUTED_HOME', 'as --data-dir, which is stronger'],
  ['LOG_LEVEL', 'debug adds to an error where in the code it came from'],
  ['NO_COLOR', 'anything: plain ASCII, no moving lines'],
]

export const exitCodeText = [
  '',
  'Exit codes:',
  ...exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(3)}  ${meaning}`),
  '',
  'Environment:',
  ...environmentMeanings.map(([name, meaning]) => `  ${name.padEnd(23)}  ${meaning}`),
].join('\n')

/** Each example as it is typed, below it what it does. */
export function exampleText({ examples }: CommandRow, commandName: string): string {
  const lines = examples.flatMap(({ line, does }) => [`  ${commandName} ${line}`, `      ${does}`])
  return ['', 'Examples:', ...lines].join('\n')
}
