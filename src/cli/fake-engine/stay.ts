/** What the commands that stay have in common. */
import { OdError } from '../../core/errors/index.ts'
import type { Call } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Resolves when a signal, or the end of whoever started this process, asks it to end. */
export function untilAskedToEnd({ self }: Call): Promise<ExitCode> {
  return new Promise((resolve) => {
    self.onSignal(endingSignals, () => resolve(exitCodes.ok))
    self.onParentGone(() => resolve(exitCodes.ok))
  })
}

/** Names the port in the error of a listener that could not start. Throws `OD_FAKE_LISTEN`. */
export async function listening<Server>(port: number, server: Promise<Server>): Promise<Server> {
  try {
    return await server
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new OdError('OD_FAKE_LISTEN', { port, reason }, { cause: error })
  }
}

/** Says where everything listens: a line for each, or one line of JSON. */
export function tellAddresses(
  { options, terminal }: Call,
  ports: Readonly<Record<string, number>>,
): void {
  const urls = Object.entries(ports).map(
    ([name, port]) => [name, `http://127.0.0.1:${port}`] as const,
  )
  if (options['json'] === true) terminal.print(JSON.stringify(Object.fromEntries(urls)))
  else for (const [name, url] of urls) terminal.print(`${name.padEnd(8)}  ${url}`)
}
