import type { Call } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { ApiObject, GatewayClient } from '../gateway-client.ts'
import { TransferPage } from './transfer-page.ts'

/** Redrawing more often than this only makes a remote terminal slow. */
const redrawMs = 100

const eraseBelow = '\r\u001b[J'

/**
 * Sends a request whose answer is lines of progress, and shows them: bars on a terminal, each line as it came with `--json`, nothing
 * into a pipe. Ctrl-C closes the connection, which ends the work.
 */
export async function showTransfer(
  call: Call,
  gateway: GatewayClient,
  { path, body }: { readonly path: string; readonly body: ApiObject },
): Promise<ExitCode> {
  const { options, self, terminal } = call
  const leaving = new AbortController()
  const giveBack = self.onSignal(['SIGINT'], () => leaving.abort())
  const screen = openScreen(call)
  try {
    for await (const line of gateway.stream(path, body, leaving.signal, 'success')) {
      if (options['json'] === true) terminal.print(JSON.stringify(line))
      else screen.add(line)
    }
  } finally {
    screen.close()
    giveBack()
  }
  return leaving.signal.aborted ? exitCodes.interrupted : exitCodes.ok
}

/** Where progress is drawn; what was drawn last stays when it is closed. */
export interface TransferScreen {
  add(line: ApiObject): void
  close(): void
}

/** Draws on standard error, and only where a person looks at it. */
export function openScreen({ self, terminal, clock, options }: Call): TransferScreen {
  const { errors } = self
  if (!errors.isTTY || !terminal.isFancy || options['json'] === true) {
    return { add: () => {}, close: () => {} }
  }
  const page = new TransferPage()
  let drawn = 0
  let cancel: (() => void) | undefined
  const draw = () => {
    cancel = undefined
    const lines = page.lines((errors.columns || 80) - 1)
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    errors.write(`${up}${eraseBelow}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  return {
    add(line) {
      page.add(line, clock.nowMs())
      cancel ??= clock.after(redrawMs, draw)
    },
    close() {
      cancel?.()
      draw()
    },
  }
}
