/** Lines that a person types at a terminal, with history and line editing. */
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ThisProcess } from '../../sys/this-process.ts'
import { limits } from '../limits.ts'

/** What a person did at the prompt. `dropped`: Ctrl-C, `wasEmpty` when there was nothing to drop; `ended`: Ctrl-D. */
export type Typed =
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'dropped'; readonly wasEmpty: boolean }
  | { readonly type: 'ended' }

export interface Typing {
  /**
   * Shows the prompt and waits. A line that was typed before it was asked for comes at once. Between two calls nothing is
   * echoed, so that an answer is not mixed with what is typed meanwhile.
   */
  next(prompt: string): Promise<Typed>
  /** Calls `action` at Ctrl-C while nothing is waited for. */
  onInterrupt(action: () => void): void
  close(): void
}

/** Takes over the terminal until `close`. */
export function openTyping({ input, output }: Pick<ThisProcess, 'input' | 'output'>): Typing {
  const echo = new Echo(output)
  const lines = createInterface({
    input,
    output: echo,
    terminal: true,
    historySize: limits.historyLines,
    removeHistoryDuplicates: true,
  })
  const ahead: Typed[] = []
  let waiting: ((typed: Typed) => void) | undefined
  let interrupt: () => void = () => {}

  function take(typed: Typed): void {
    if (waiting === undefined) ahead.push(typed)
    else {
      const resolve = waiting
      waiting = undefined
      echo.isQuiet = true
      resolve(typed)
    }
  }

  lines.on('line', (text) => take({ type: 'line', text }))
  lines.on('close', () => {
    if (waiting !== undefined) output.write('\n') // what comes next begins on a line of its own
    take({ type: 'ended' })
  })
  lines.on('SIGINT', () => {
    if (waiting === undefined) interrupt()
    else {
      const wasEmpty = dropLine(lines)
      output.write('\n')
      take({ type: 'dropped', wasEmpty })
    }
  })

  return {
    async next(prompt) {
      echo.isQuiet = false
      const first = ahead.shift()
      if (first !== undefined) {
        echo.isQuiet = true
        output.write(`${prompt}${first.type === 'line' ? first.text : ''}\n`)
        return first
      }
      lines.setPrompt(prompt)
      lines.prompt(true)
      return await new Promise((resolve) => {
        waiting = resolve
      })
    },
    onInterrupt(action) {
      interrupt = action
    },
    close: () => lines.close(),
  }
}

/** Empties the line that is being typed; true when it was empty already. */
function dropLine(lines: Interface): boolean {
  const wasEmpty = lines.line === ''
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
  return wasEmpty
}

/** The terminal as readline sees it, with a switch. */
class Echo extends Writable {
  isQuiet = true
  readonly #target: NodeJS.WriteStream

  constructor(target: NodeJS.WriteStream) {
    super()
    this.#target = target
    target.on('resize', () => this.emit('resize'))
  }

  /** Readline wraps lines by it. */
  get columns(): number {
    return this.#target.columns
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (!this.isQuiet) this.#target.write(chunk)
    done() // not after the target's: what is printed next must not overtake it
  }
}
