import type { Call } from './command.ts'

/** Prints an answer for programs when that was asked for with `--json`; false when it was not. */
export function printJson({ options, terminal }: Call, answer: unknown): boolean {
  if (options['json'] !== true) return false
  terminal.print(JSON.stringify(answer, null, 2))
  return true
}
