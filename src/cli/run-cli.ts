import { systemClock } from '../sys/clock.ts'
import { packageVersion } from '../sys/machine.ts'
import type { ThisProcess } from '../sys/this-process.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { asOdError, exitCodeOf, failureText } from './failure.ts'
import { parseCommandLine } from './program.ts'
import { terminalOf } from './terminal.ts'

const programName = 'ollama-distributed'

/** Runs one command line to its end and gives its exit code. Never throws: a failure is printed. */
export async function runCli(self: ThisProcess): Promise<ExitCode> {
  try {
    const version = packageVersion()
    const terminal = terminalOf(self)
    const commandName = commandNameOf(self)
    const request = await parseCommandLine(self.args, {
      commandName,
      version,
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => void self.errors.write(text),
    })
    if (request.type === 'printed') return request.code
    const { row, operands, options } = request
    const handler = await row.load()
    return await handler({
      operands,
      options,
      self,
      terminal,
      clock: systemClock,
      commandName,
      version,
    })
  } catch (error) {
    return tellFailure(self, error)
  }
}

/** Tells of an error that no command foresaw. */
export function tellBug(self: ThisProcess, error: unknown): ExitCode {
  tellFailure(self, error)
  return exitCodes.failure
}

function tellFailure(self: ThisProcess, thrown: unknown): ExitCode {
  const error = asOdError(thrown)
  const isDebug =
    self.env['LOG_LEVEL'] === 'debug' || self.args.join('=').includes('--log-level=debug')
  terminalOf(self).note(failureText(error, { commandName: commandNameOf(self), isDebug }))
  return exitCodeOf(error)
}

/** A launcher knows how its user starts the program better than this process does. */
function commandNameOf({ env }: ThisProcess): string {
  return env['OD_COMMAND'] || programName
}
