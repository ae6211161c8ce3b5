/**
 * A program `ollama` with what a process manager meets of the real one: `--version`, and `serve`, which listens where
 * `OLLAMA_HOST` says, has a child as its runner, and ends by SIGTERM with it. How it misbehaves is in `FAKE_OLLAMA`; SIGUSR2
 * holds all answers after their second token, and once more lets them go on.
 */
import { spawn } from 'node:child_process'
import { readOllamaHost } from '../../../src/core/ollama-host.ts'
import { startFakeOllama } from '../../../src/fake-engine/ollama/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'

/** Source of a runner that does not heed a polite signal. */
const runner = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'

/** More than a log file takes before it is turned over, in lines of 8,000 characters. */
const chattyLines = 2_500

const [command] = process.argv.slice(2)
const behaviour = process.env['FAKE_OLLAMA'] ?? ''

if (command === '--version') {
  console.log('ollama version is 0.23.0\nWarning: client version is 0.24.0')
} else if (command === 'serve') {
  await serve()
} else {
  console.error(`Error: unknown command "${command}" for "ollama"`)
  process.exit(1)
}

async function serve(): Promise<void> {
  if (behaviour === 'crashing') {
    console.error('Error: no such library')
    process.exit(3)
  }
  const child = spawn(process.execPath, ['-e', runner], { stdio: 'ignore' })
  const { host: address, port } = readOllamaHost(process.env['OLLAMA_HOST'] ?? '')
  const host = { clock: systemClock, die: () => process.kill(process.pid, 'SIGKILL') }
  const fake = await startFakeOllama(
    { host: address, port, version: '0.24.0', tokenIntervalMs: 5 },
    host,
  )
  let isHolding = false
  process.on('SIGUSR2', () => {
    isHolding = !isHolding
    if (isHolding) void fake.set({ holdAfterTokens: 2 })
    else fake.release(Number.MAX_SAFE_INTEGER)
    console.log(isHolding ? 'answers are held' : 'answers go on')
  })
  console.error(`Listening on ${address}:${port}`)
  if (behaviour === 'chatty') {
    for (let line = 0; line < chattyLines; line++) console.log(`${line} ${'x'.repeat(7_990)}`)
  }
  process.on('SIGTERM', () => {
    console.log('asked to end')
    if (behaviour === 'stubborn') return
    void fake.stop().then(() => {
      child.kill('SIGKILL')
      process.exit(0)
    })
  })
}
