/** The commands as a user runs them: the executable's source, in a process of its own. */
import { join } from 'node:path'
import { boundByRights } from '../../support/bound-by-rights.ts'
import { MarkedProcess } from '../../support/marked-process.ts'
import { n24, projectDir } from '../../support/n24.ts'
import { type Finished, runToEnd } from '../../support/node-process.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'

export const mainFile: string = join(projectDir, 'src', 'main.ts')

interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Given to standard input, which is closed after it. */
  readonly input?: string
  /** Instead of `node main.ts`, with the arguments after it. */
  readonly launcher?: readonly string[]
  /** Behind the command in the shell of a terminal, for example `> file`. */
  readonly redirect?: string
}

/** A user with an empty home: nothing of the machine's own user is found or touched. */
export class User {
  readonly home: TemporaryDirectory

  private constructor(home: TemporaryDirectory) {
    this.home = home
  }

  static async create(): Promise<User> {
    return new User(await makeTemporaryDirectory())
  }

  /** The data folder where commands look without being told. */
  get dataDir(): string {
    return this.home.inside('data', 'ollama-distributed')
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
    const line = this.#line(args, options)
    return await runToEnd(line, { input: options.input ?? '', timeoutMs: 60_000 })
  }

  /** Starts a command and leaves it running; whoever starts one disposes of it. */
  start(args: readonly string[], options: CommandOptions = {}): MarkedProcess {
    return new MarkedProcess(this.#line(args, options))
  }

  /** Starts a command on a terminal of its own. What is written to its standard input is typed there. */
  startOnTerminal(args: readonly string[], options: CommandOptions = {}): MarkedProcess {
    const command = [n24, mainFile, ...args].map((word) => `'${word}'`).join(' ')
    const line = this.#line([], options)
    return new MarkedProcess({
      ...line,
      command: 'script', // util-linux; part of every Debian
      args: [
        '-qfec',
        `stty cols 100 rows 30; exec ${command} ${options.redirect ?? ''}`,
        '/dev/null',
      ],
    })
  }

  async remove(): Promise<void> {
    await this.home.remove()
  }

  #line(args: readonly string[], { env, launcher = [n24, mainFile] }: CommandOptions) {
    const [command = n24, ...first] = launcher
    return {
      command,
      args: [...first, ...args],
      cwd: this.home.path,
      env: { HOME: this.home.path, XDG_DATA_HOME: this.home.inside('data'), TERM: 'xterm', ...env },
    }
  }
}

/** A launcher of the program for which the rights of files hold. */
export function launcherBoundByRights(): readonly string[] {
  return [...boundByRights(), n24, mainFile]
}
