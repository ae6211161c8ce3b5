/** Programs that are installed on this machine: where they are, and what they say of themselves. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** What a program is asked for must not be waited for longer; it starts and prints a line. */
const answerMsMax = 10_000

/** A line or two; the rest is of no use. */
const answerBytesMax = 64 * 1024

/** The path of a program that a shell with this `PATH` would run, or undefined. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    for (const candidate of names.map((one) => join(folder, one))) {
      if (await isExecutable(candidate)) return candidate
    }
  }
  return undefined
}

/** True for a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** What a program prints when it is run with these arguments; undefined when it fails or does not end in time. */
export function outputOf(path: string, args: readonly string[]): Promise<string | undefined> {
  const options = { timeout: answerMsMax, maxBuffer: answerBytesMax, windowsHide: true }
  return new Promise((resolve) => {
    execFile(path, args, options, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : undefined)
    })
  })
}
