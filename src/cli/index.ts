/**
 * The commands: what a person types, and what a script calls. They talk to a node over HTTP only; `start` alone loads the
 * node itself. Nothing is loaded before it is known which command runs.
 */
export type { CommandRow, OptionRow } from './command.ts'
export { commandTable } from './command-table.ts'
export { exitCodeMeanings } from './exit-codes.ts'
export { environmentMeanings } from './help-text.ts'
export { globalOptions } from './options.ts'
export { runCli, tellBug } from './run-cli.ts'
