import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { openGateway } from './gateway-client.ts'
import { readNodeNames } from './node-names.ts'
import { loadedTable } from './ps.ts'
import { statusPage } from './status.ts'

/** Soon enough to see a request, rare enough to cost nothing. */
const everyMs = 1_000

const clearScreen = '\u001b[H\u001b[J'

/** `top`: engines and loaded models, again and again on a terminal, once into a pipe. */
export const top: CommandHandler = async (call) => {
  const { terminal, clock, self } = call
  const gateway = await openGateway(call)
  const names = await readNodeNames(gateway)
  for (;;) {
    const [status, loaded] = await Promise.all([
      gateway.get('/api/v1/integration/status'),
      gateway.get('/api/ps'),
    ])
    const nowMs = clock.wallMs()
    const page = `${statusPage(status, gateway, nowMs)}\n\n${loadedTable(loaded, '', nowMs, names)}`
    terminal.print(terminal.isFancy ? `${clearScreen}${page}` : page)
    if (!terminal.isFancy || self.outputClosed.aborted) return exitCodes.ok
    await new Promise<void>((resolve) => {
      clock.after(everyMs, resolve)
    })
  }
}
