import type { Clock } from '../../sys/clock.ts'
import type { ThisProcess } from '../../sys/this-process.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** Fast enough to be seen moving, slow enough for a remote terminal. */
const frameMs = 100

/** An answer that comes sooner needs no sign that it is waited for. */
const patienceMs = 200

const clearLine = '\r\u001b[K'

/** Turns at the beginning of the line while something is waited for. Returns what takes it away again. */
export function startSpinner(errors: ThisProcess['errors'], clock: Clock): () => void {
  let turns = 0
  let cancel = clock.after(patienceMs, turn)
  function turn(): void {
    errors.write(`\r${frames[turns % frames.length]} `)
    turns++
    cancel = clock.after(frameMs, turn)
  }
  return () => {
    cancel()
    if (turns > 0) errors.write(clearLine)
    turns = 0
  }
}
