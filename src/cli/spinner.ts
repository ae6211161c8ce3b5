import type { Call } from './command.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** Fast enough to be seen moving, slow enough for a remote terminal. */
const frameMs = 100

/** An answer that comes sooner needs no sign that it is waited for. */
const patienceMs = 200

const clearLine = '\r\u001b[K'

/**
 * Turns at the beginning of a terminal's line while something is waited for, before the text that `label` gives; into a pipe
 * nothing is written. Returns what takes it away again.
 */
export function startSpinner(
  { self, terminal, clock }: Pick<Call, 'self' | 'terminal' | 'clock'>,
  label: () => string = () => '',
): () => void {
  const { errors } = self
  if (!terminal.isFancy || !errors.isTTY) return () => {}
  let turns = 0
  let cancel = clock.after(patienceMs, turn)
  function turn(): void {
    errors.write(`${clearLine}${frames[turns % frames.length]} ${label()}`)
    turns++
    cancel = clock.after(frameMs, turn)
  }
  return () => {
    cancel()
    if (turns > 0) errors.write(clearLine)
    turns = 0
  }
}
