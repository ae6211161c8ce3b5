import { mkdirSync, openSync, renameSync, statSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log file is moved aside to `<file>.1` when it is larger than this when it is opened. */
const fileBytesMax = 16 * 1024 * 1024

/** A line waits no longer for others; what a process that is killed can lose. */
const batchMs = 100

/** That many wait no longer: a write of its own for each line would cost a busy gateway more than making the line. */
const batchCharacters = 16 * 1024

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
    if (this.#held.length >= batchCharacters) this.#flush()
    else if (!this.#isTimed) this.#startTimer()
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
    if (this.#held === '') return
    if (this.#isWriting) {
      if (!this.#isTimed) this.#startTimer()
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
