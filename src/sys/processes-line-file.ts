import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A larger file is moved to `<file>.1`, over the one before; both together hold days of an engine's words. */
const fileBytesMax = 16 * 1024 * 1024

/** A file that takes a process's output as it came. */
export interface LineFile {
  /**
   * Appends a line; opens the file when it is not open. A line that cannot be written is lost: a full disk must not stop
   * the process whose output this is.
   */
  write(line: string): void
  /** Closing twice is fine; the next line opens the file again. */
  close(): void
}

/** A file for appending, made with its folder at the first line; only its owner may read it. */
export function lineFile(path: string): LineFile {
  let open: { readonly file: number; sizeBytes: number } | undefined

  function close(): void {
    if (open !== undefined) closeSync(open.file)
    open = undefined
  }

  function opened(): { readonly file: number; sizeBytes: number } {
    if (open !== undefined && open.sizeBytes > fileBytesMax) {
      close()
      renameSync(path, `${path}.1`)
    }
    if (open !== undefined) return open
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(path, 'a', 0o600)
    open = { file, sizeBytes: fstatSync(file).size }
    return open
  }

  return {
    write(line) {
      try {
        const target = opened()
        target.sizeBytes += writeSync(target.file, `${line}\n`)
      } catch {
        // Lost, as promised above; the newest lines stay in memory for whoever supervises.
      }
    },
    close,
  }
}
