/** `start`: the one command that runs a node in its own process. */
import type { LoadedConfig } from '../../config/index.ts'
import { isOdError, type OdError } from '../../core/errors/index.ts'
import { startLoop } from '../../core/loop.ts'
import type { RunningNode } from '../../node/index.ts'
import { freePortNear } from '../../sys/network.ts'
import { findRunningNode } from '../../sys/run-file.ts'
import type { Call, CommandHandler } from '../command.ts'
import { loadCallConfig } from '../config-input.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { initialShutdown, type ShutdownEvent, stepShutdown } from './shutdown.ts'
import { alreadyRunningText, lineWithFlag, readyText, stepLine } from './texts.ts'

/** Ctrl-C, `stop` and service managers, and a terminal that is closed. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Codes of a gateway port that somebody else has. */
const portTaken: ReadonlySet<string> = new Set(['OD_NODE_PORT_TAKEN', 'OD_PORT_TAKEN'])

/** `start`: stays until the node has stopped. */
export const start: CommandHandler = async (call) => {
  const config = await loadCallConfig(call)
  if (await tellRunning(call, config)) return exitCodes.ok
  return await runNode(call, config)
}

/**
 * Runs a node in this process until it has stopped. `first` is done with it as soon as it is up; when that fails the node is
 * stopped again, and the error is thrown on.
 */
export async function runNode(
  call: Call,
  config: LoadedConfig,
  first?: (node: RunningNode) => Promise<void>,
): Promise<ExitCode> {
  const ending = Promise.withResolvers<ExitCode>()
  const life = watchLife(call, ending)
  const ready = bringUp(call, config).then(async (node) => {
    life.begin(node)
    await first?.(node).catch(async (error: unknown) => {
      await node.stop(0)
      throw error
    })
    call.terminal.print(readyText(await readyFacts(call, config, node)))
    return ending.promise
  })
  // Ctrl-C on the way up ends it at once: what was started ends with this process.
  return await Promise.race([ready, ending.promise]).catch((error: unknown) =>
    tellWhyNot(call, config, error),
  )
}

async function bringUp({ terminal }: Call, config: LoadedConfig): Promise<RunningNode> {
  const { startNode } = await import('../../node/index.ts')
  return await startNode({
    config,
    onStep: (step) => terminal.print(stepLine(step, terminal.isFancy)),
  })
}

/** Owns when the node ends: hears signals from the first moment on, and ends the command through `ending`. */
function watchLife(
  { self, terminal, clock }: Call,
  ending: PromiseWithResolvers<ExitCode>,
): { begin(node: RunningNode): void } {
  let node: RunningNode | undefined
  const loop = startLoop({
    initial: initialShutdown,
    step: stepShutdown,
    nowMs: () => clock.nowMs(),
    perform(effect, send: (event: ShutdownEvent) => void) {
      switch (effect.type) {
        case 'say':
          terminal.print(`${terminal.isFancy ? '\n' : ''}${effect.text}`) // below the terminal's own ^C
          return
        case 'stop':
          node?.stop(effect.drainMs).then(() => send({ type: 'node.stopped' }), ending.reject)
          return
        case 'startTimer':
          clock.after(effect.delayMs, () => send({ type: 'timer.fired' }))
          return
        case 'leave':
          ending.resolve(effect.code)
      }
    },
  })
  self.onSignal(endingSignals, () => loop.send({ type: 'signal.received' }))
  self.onParentGone(() => loop.send({ type: 'parent.left' }))
  return {
    begin(started) {
      node = started
      loop.send({ type: 'node.started' })
    },
  }
}

/** True after having said that a node runs on the data folder already. */
async function tellRunning(call: Call, config: LoadedConfig): Promise<boolean> {
  const { dataDir } = config.values.node
  const running = await findRunningNode(dataDir)
  if (running === undefined) return false
  const { commandName, terminal } = call
  const isUsualDataDir = isUsual(config)
  terminal.print(alreadyRunningText(running, { commandName, dataDir, isUsualDataDir }))
  return true
}

/** A second start that lost a race says what the slower look would have said; a taken port gets the line to type instead. */
async function tellWhyNot(call: Call, config: LoadedConfig, error: unknown): Promise<ExitCode> {
  if (!isOdError(error)) throw error
  if (error.code === 'OD_NODE_RUNNING' && (await tellRunning(call, config))) return exitCodes.ok
  if (!portTaken.has(error.code)) throw error
  return await tellPortTaken(call, config, error)
}

async function tellPortTaken(call: Call, config: LoadedConfig, error: OdError): Promise<ExitCode> {
  const { gateway, integration } = config.values
  const other = await freePortNear(gateway.listen, integration.apiGateway.port)
  if (other === undefined) throw error
  call.terminal.note(`Error: ${error.message}`)
  call.terminal.note('Start on another one:')
  call.terminal.note(`  ${lineWithFlag(call.commandName, call.self.args, '--port', other)}`)
  return exitCodes.failure
}

async function readyFacts(call: Call, config: LoadedConfig, node: RunningNode) {
  const { listen, acceptOpen } = config.values.gateway
  return {
    node,
    models: await node.models(),
    token: await tokenFor(call, node),
    commandName: call.commandName,
    isUsualDataDir: isUsual(config),
    isRoot: call.self.isRoot,
    isOpen: acceptOpen && !/^(127\.|::1$|localhost$)/.test(listen),
  }
}

/** A secret is shown to the person at the terminal alone; a pipe may be a file that others read. */
async function tokenFor({ terminal }: Call, node: RunningNode): Promise<string | undefined> {
  if (!terminal.isFancy) return undefined
  return await node.makeToken().catch(() => undefined) // where the state is out of reach
}

/** Nobody named the folder, so that a second terminal looks there as well. */
function isUsual(config: LoadedConfig): boolean {
  return config.explain('node.data_dir').source === 'default'
}
