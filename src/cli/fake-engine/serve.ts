import {
  fakeOllamaRoutes,
  readFaults,
  startControlServer,
} from '../../fake-engine/control/index.ts'
import { type FakeOptions, startFakeOllama } from '../../fake-engine/ollama/index.ts'
import { dieAtOnce } from '../../sys/signal-process.ts'
import { type Call, type CommandHandler, textOption } from '../command.ts'
import { usageError } from '../failure.ts'
import { controlPort, port, wholeNumber } from './flags.ts'
import { listening, tellAddresses, untilAskedToEnd } from './stay.ts'

const answerTokens = {
  name: 'tokens',
  flag: '--tokens',
  min: 0,
  max: 1_000_000_000,
  fallback: 64,
} as const

/** 0 is as fast as it goes. */
const tokensPerSecond = {
  name: 'tokensPerSecond',
  flag: '--tokens-per-second',
  min: 0,
  max: 100_000,
  fallback: 0,
} as const

const slots = { name: 'slots', flag: '--slots', min: 1, max: 10_000, fallback: 1 } as const

/** `fake-engine`: stays until it is asked to end, or a fault ends it. */
export const fakeEngine: CommandHandler = async (call) => {
  const options = optionsOf(call)
  const faults = readFaults(textOption(call, 'faults') ?? '{}')
  const controlAt = wholeNumber(call, controlPort)
  const host = { clock: call.clock, die: dieAtOnce }
  const fake = await listening(options.port, startFakeOllama(options, host))
  const control = await listening(controlAt, startControlServer(fakeOllamaRoutes(fake), controlAt))
  await fake.set(faults)
  tellAddresses(call, { engine: fake.port, control: control.port })
  const code = await untilAskedToEnd(call)
  await Promise.all([fake.stop(), control.stop()])
  return code
}

function optionsOf(call: Call): FakeOptions & { readonly port: number } {
  const rate = wholeNumber(call, tokensPerSecond)
  const names = (textOption(call, 'models') ?? 'tiny').split(',')
  if (names.some((name) => !/^[\w./:-]+$/.test(name))) {
    throw usageError('--models takes names with commas between them', 'help fake-engine')
  }
  return {
    port: wholeNumber(call, port),
    models: names.map((name) => ({ name, capabilities: ['completion', 'tools'] })),
    answerTokens: wholeNumber(call, answerTokens),
    tokenIntervalMs: rate === 0 ? 0 : 1000 / rate,
    parallel: wholeNumber(call, slots),
    tokens: call.options['words'] === true ? 'words' : 'indexed',
  }
}
