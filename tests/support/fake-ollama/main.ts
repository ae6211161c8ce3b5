/**
 * A stand-in for Ollama 0.24, a program of its own. It takes orders only from the process that started it, over their
 * channel; over HTTP it is nothing but an Ollama.
 */
import type { Server } from './call.ts'
import { FaultSwitch } from './fault-switch.ts'
import { Journal } from './journal.ts'
import { Library } from './library.ts'
import { type Listener, listen } from './listener.ts'
import type { Command, FakeModel, FakeOptions, Numbered, Reply } from './protocol.ts'
import { Scheduler } from './scheduler.ts'

const modelsDefault: readonly FakeModel[] = [{ name: 'tiny' }]

interface Running {
  readonly server: Server
  readonly listener: Listener
}

async function start(options: FakeOptions): Promise<Running> {
  const server: Server = {
    library: new Library(options.models ?? modelsDefault),
    scheduler: new Scheduler({
      slots: options.parallel ?? 1,
      queueMax: options.maxQueue ?? 512,
      loadedMax: options.maxLoaded ?? 3,
      keepAliveMs: options.keepAliveMs ?? 300_000,
      numCtx: options.numCtx ?? 4096,
    }),
    faults: new FaultSwitch(),
    journal: new Journal(),
    version: options.version ?? '0.24.0',
    answerTokens: options.answerTokens ?? 8,
    tokenIntervalMs: options.tokenIntervalMs ?? 0,
    tokens: options.tokens ?? 'words',
    die: () => process.kill(process.pid, 'SIGKILL'),
  }
  return { server, listener: await listen(server, options.port ?? 0) }
}

let running: Running | undefined

/** Does what the command says; its value goes back. */
async function obey(command: Command): Promise<unknown> {
  if (command.type === 'start') {
    running = await start(command.options)
    return running.listener.port
  }
  if (running === undefined) throw new Error('not started')
  const { server, listener } = running
  switch (command.type) {
    case 'requests':
      return server.journal.list()
    case 'stats':
      return {
        ...server.journal.counts,
        loads: server.scheduler.loads,
        unloads: server.scheduler.unloads,
      }
    case 'set':
      server.faults.set(command.faults)
      await listener.setRefusing(server.faults.refusesConnections)
      break
    case 'release':
      server.faults.release(command.tokens)
      break
    case 'stop':
      server.scheduler.close()
      await listener.close()
      break
  }
  return null
}

process.on('message', ({ seq, command }: Numbered) => {
  const reply = (answer: Reply) => {
    process.send?.(answer, () => {
      if (command.type === 'stop') process.exit(0)
    })
  }
  obey(command).then(
    (value) => reply({ seq, value }),
    (error: unknown) => reply({ seq, error: String(error) }),
  )
})

// Whoever started it is gone: nobody is left to stop it.
process.on('disconnect', () => process.exit(0))
