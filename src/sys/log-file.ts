import { mkdirSync, openSync, renameSync, statSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log file is moved aside to `<file>.1` when it is larger than this when it is opened. */
const fileBytesMax = 16 * 1024 * 1024

/**
 * Lines wait so long for others: a write for each would cost a busy gateway more than making the line. A process that is
 * killed loses them.
 */
const batchMs = 100

/** A disk that does not keep up must not fill the memory; lines beyond are lost. */
const heldCharactersMax = 4 * 1024 * 1024

/** Those with lines that wait; a process that ends by itself still writes them. */
const unwritten = new Set<LogFile>()
process.on('exit', () => {
  for (const file of unwritten) file.writeAtOnce()
})

/** Appends lines to a file, made with its folder, many with one write. Nobody waits for the disk, nor hears of its errors. */
export class LogFile {
  readonly #descriptor: number
  #held = ''
  #isTimed = false
  #isWriting = false

  /** Throws the system's error when the file cannot be opened. */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (size > fileBytesMax) renameSync(file, `${file}.1`)
    this.#descriptor = openSync(file, 'a')
  }

  /** Takes a line with its newline. */
  write(line: string): void {
    if (this.#held.length > heldCharactersMax) return
    this.#held += line
    unwritten.add(this)
    if (!this.#isTimed) this.#startTimer()
  }

  /** Writes what waits before it returns; at most the process's end waits so. */
  writeAtOnce(): void {
    try {
      writeSync(this.#descriptor, this.#take())
    } catch {
      // a full disk, most likely, and nowhere left to say so
    }
  }

  #startTimer(): void {
    this.#isTimed = true
    const fire = () => {
      this.#isTimed = false
      this.#flush()
    }
    setTimeout(fire, batchMs).unref()
  }

  /** One write at a time keeps the lines in order. */
  #flush(): void {
    if (this.#isWriting) {
      this.#startTimer()
      return
    }
    this.#isWriting = true
    write(this.#descriptor, this.#take(), () => {
      this.#isWriting = false
    })
  }

  #take(): string {
    const text = this.#held
    this.#held = ''
    unwritten.delete(this)
    return text
  }
}
