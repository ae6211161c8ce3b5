import { isOdError, OdError } from '../core/errors/index.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withoutControls } from './terminal.ts'

/** Codes that say that the command line itself is wrong. */
const usageCodes: ReadonlySet<string> = new Set([
  'OD_CLI_USAGE',
  'OD_CLI_HOST_INVALID',
  'OD_CONFIG_KEY_UNKNOWN',
  'OD_FAKE_FAULTS',
  'OD_STRATEGY_UNKNOWN',
])

/** A problem of the configuration that a flag brought in. */
const flagProblem = /^ *flag --/m

/** The command line cannot be understood. `help` is the command line that explains it, without the program's name. */
export function usageError(problem: string, help = 'help'): OdError {
  return new OdError('OD_CLI_USAGE', { problem, help: `ollama-distributed ${help}` })
}

/** Any thrown value as an error with a text and a remedy. */
export function asOdError(error: unknown): OdError {
  if (isOdError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new OdError('OD_CLI_BUG', { reason }, { cause: error })
}

export function exitCodeOf({ code, message }: OdError): ExitCode {
  const isUsage =
    usageCodes.has(code) || (code === 'OD_CONFIG_INVALID' && flagProblem.test(message))
  return isUsage ? exitCodes.usage : exitCodes.failure
}

/**
 * What is printed of an error: what is wrong, what to do, and with `isDebug` where it came from. `commandName` is how this
 * user starts the program.
 */
export function failureText(
  error: OdError,
  { commandName, isDebug }: { commandName: string; isDebug: boolean },
): string {
  const text = `Error: ${withoutControls(error.message)}\n${error.remedy}`
  const lines = [withCommandName(text, commandName)]
  if (isDebug) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      lines.push(withoutControls(cause.stack ?? String(cause)))
    }
  }
  return lines.join('\n')
}

/** Command lines in texts begin with the package's name; a clone is started otherwise. */
export function withCommandName(text: string, commandName: string): string {
  return text.replaceAll(
    /\bollama-distributed(?= (?:start|stop|status|models|show|pull|push|create|cp|rm|config|doctor|verify|version|engines|events|strategy|join|leave|nodes|token|help)\b)/g,
    () => commandName,
  )
}
