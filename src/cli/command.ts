/** The words in which commands are described, and what a command is given when it runs. */
import type { Clock } from '../sys/clock.ts'
import type { ThisProcess } from '../sys/this-process.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** An option as the help shows it: `--port <n>`; commander derives its name from the last long form. */
export interface OptionRow {
  readonly flags: string
  readonly description: string
  /** May be given several times; the texts are then joined with commas. */
  readonly isRepeated?: boolean
}

/** A command line, without the program's name, and what it does. */
export interface ExampleRow {
  readonly line: string
  readonly does: string
}

/** One command; the help texts, the parser and the reference page are made of these. */
export interface CommandRow {
  /** `models`, or `config show` for a command inside a group. */
  readonly name: string
  readonly aliases?: readonly string[]
  /** Each as commander reads it: `<model>`, `[prompt...]`. */
  readonly operands?: readonly { readonly name: string; readonly description: string }[]
  /** One clause for the list of commands. */
  readonly summary: string
  /** What else a user should know. */
  readonly description: string
  readonly options: readonly OptionRow[]
  readonly examples: readonly ExampleRow[]
  /** Loads the code; only the command that runs costs time. */
  readonly load: () => Promise<CommandHandler>
}

/** A command line that was understood. */
export interface Call {
  /** A variadic operand is joined with spaces. */
  readonly operands: readonly string[]
  /** By the names that commander gives: `--ollama-port` is `ollamaPort`. Texts, or true for a switch; `--no-wait` is `wait`, false. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly self: ThisProcess
  readonly terminal: Terminal
  readonly clock: Clock
  /** How this user starts the program: `ollama-distributed`, or what the launcher of a clone says. */
  readonly commandName: string
  readonly version: string
}

/** Does the work; throws an `OdError` when it cannot. */
export type CommandHandler = (call: Call) => Promise<ExitCode>

/** The text of an option that takes one. */
export function textOption({ options }: Call, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
