/** The fake engine as a process that takes orders from the process that started it, over their channel. */
import { type FakeOllama, startFakeOllama } from '../../../src/fake-engine/ollama/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import type { Command, Numbered, Reply } from './channel.ts'

const host = { clock: systemClock, die: () => process.kill(process.pid, 'SIGKILL') }

let running: FakeOllama | undefined

/** Does what the command says; its value goes back. */
async function obey(command: Command): Promise<unknown> {
  if (command.type === 'start') {
    running = await startFakeOllama(command.options, host)
    return running.port
  }
  if (running === undefined) throw new Error('not started')
  switch (command.type) {
    case 'requests':
      return running.requests()
    case 'stats':
      return running.stats()
    case 'set':
      await running.set(command.faults)
      break
    case 'release':
      running.release(command.tokens)
      break
    case 'stop':
      await running.stop()
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
