/** One node of a demonstration: a real process of this program with a folder of its own. */
import { join } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { readTextIfThere, writeWhole } from '../../sys/files.ts'
import { type OwnProgram, startOwnProgram } from '../../sys/own-program.ts'
import { findRunningNode } from '../../sys/run-file.ts'

export interface DemoNode {
  readonly name: string
  readonly dataDir: string
  readonly program: OwnProgram
  /** Origin of its gateway. */
  readonly gateway: string
}

/** A node with its engine is up in some two seconds; a busy machine takes its time. */
const readyMsMax = 60_000
const lookMs = 50
/** What it printed last tells why it ended. */
const outputCharacters = 1_000

/** Starts one, or one that joins, and resolves when it is ready. Throws OD_DEMO_NODE. */
export async function startDemoNode(options: {
  readonly name: string
  readonly folder: string
  /** For its engine. */
  readonly cores: number
  /** `start`, or `join` with its flags. */
  readonly command: readonly string[]
  readonly clock: Clock
}): Promise<DemoNode> {
  const { name, folder, cores, command, clock } = options
  const dataDir = join(folder, name)
  const config = join(dataDir, 'ollama-distributed.yaml')
  await writeWhole(config, `engines:\n  cores: ${cores}\n`)
  const outputFile = join(folder, `${name}.log`)
  const places = ['--data-dir', dataDir, '--config', config, '--name', name]
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  const program = startOwnProgram(
    [...command, ...places, ...ports, '--link-listen', '127.0.0.1'],
    { outputFile, env: { PATH: '' } }, // an Ollama of this machine is not to be started once for each of them
  )
  const gateway = await untilReady(program, dataDir, clock)
  if (gateway !== undefined) return { name, dataDir, program, gateway }
  program.signal('SIGKILL')
  const output = (await readTextIfThere(outputFile)) ?? ''
  throw new OdError('OD_DEMO_NODE', { name, output: output.slice(-outputCharacters).trim() })
}

async function untilReady(
  program: OwnProgram,
  dataDir: string,
  clock: Clock,
): Promise<string | undefined> {
  const ended = new AbortController()
  void program.ended.then(() => ended.abort())
  const untilMs = clock.nowMs() + readyMsMax
  while (!ended.signal.aborted && clock.nowMs() < untilMs) {
    const running = await findRunningNode(dataDir)
    if (running?.pid === program.pid) return running.gateway
    await new Promise<void>((resolve) => {
      clock.after(lookMs, resolve)
    })
  }
  return undefined
}
