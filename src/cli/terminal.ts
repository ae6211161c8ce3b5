import type { ThisProcess } from '../sys/this-process.ts'

/** Where a command writes. Results go to standard output, everything about them to standard error. */
export interface Terminal {
  /** A line of the result. */
  print(line?: string): void
  /** A part of the result, as it is. */
  write(text: string): void
  /** A line for the person, not for the program behind the pipe. */
  note(line?: string): void
  /** A person looks at the result, so signs beyond ASCII and moving lines are welcome. */
  readonly isFancy: boolean
}

export function terminalOf({ output, errors, env }: ThisProcess): Terminal {
  const isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' // no-color.org
  return {
    print: (line = '') => void output.write(`${line}\n`),
    write: (text) => void output.write(text),
    note: (line = '') => void errors.write(`${line}\n`),
    isFancy: output.isTTY && !isPlain,
  }
}

/**
 * A text from elsewhere without the characters that move a cursor, recolour a terminal or ring its bell. Line feeds and
 * tabs stay.
 */
export function withoutControls(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}/gu, '')
}
