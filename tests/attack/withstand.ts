import { readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { connectRaw, headerOf } from '../support/raw-http.ts'
import { until, within } from '../support/until.ts'
import { usedMemoryBytes } from '../support/used-memory.ts'
import type { Ground } from './ground.ts'

/** What one attack leaves in the log; of all else in it nothing may be left. */
export interface Traces {
  /** Lines: one per request that was taken, and one per connection that was refused. */
  readonly lines?: number
  /** Connections that ended with nothing asked; they are counted, not written one by one. */
  readonly dropped?: number
}

/** What the process held before the attack. */
export interface Holdings {
  readonly handles: number
  readonly files: number
}

/** A leak below this is not told from what the language itself keeps after code has run for the first time. */
const memoryNoiseBytes = 1024 * 1024

/**
 * Attacks `times` times and throws unless after the first time and after the last all of this holds: a normal request is
 * answered within a second, no request is left at the engine, no socket, child or file is left, the log has exactly the
 * lines that it should have with nothing in them but printable ASCII, nothing was thrown, and the memory of the first time
 * is enough for all.
 */
export async function withstand(
  ground: Ground,
  attack: () => Promise<void>,
  { lines = 1, dropped = 0, times = 10 }: Traces & { readonly times?: number } = {},
): Promise<void> {
  await untilLogged(ground) // files and code that the first request needs are there before anything is counted
  const before = { handles: countHandles(), files: countFiles() }
  const thrown: unknown[] = []
  const keep = (error: unknown) => void thrown.push(error)
  process.on('uncaughtExceptionMonitor', keep)
  try {
    await attack()
    await settle(ground, before)
    await expectTraces(ground, { lines, dropped })
    const firstBytes = usedMemoryBytes()
    for (let i = 1; i < times; i++) {
      ground.engine.forget()
      await attack()
    }
    await settle(ground, before)
    await expectTraces(ground, { lines: lines * times, dropped: dropped * times })
    const grownBytes = usedMemoryBytes() - firstBytes
    expect(grownBytes, 'memory is back').toBeLessThan(memoryNoiseBytes)
    expect(thrown).toEqual([])
  } finally {
    process.off('uncaughtExceptionMonitor', keep)
  }
}

/** Its path in the log; no attack asks for it. */
const probePath = '/api/version'

/** Time of a normal request, in milliseconds. Throws when it is not answered as it should be. */
export async function probe(origin: string): Promise<{ durationMs: number; requestId: string }> {
  const startedMs = performance.now()
  const connection = await connectRaw(origin)
  try {
    await connection.request({ path: probePath, headers: [['Connection', 'close']] })
    const answer = await within('a normal answer', connection.answer(), 1_000)
    expect(answer.body.toString()).toBe('{"version":"0.24.0"}')
    const requestId = headerOf(answer, 'x-od-request-id') ?? ''
    return { durationMs: performance.now() - startedMs, requestId }
  } finally {
    connection.socket.destroy()
  }
}

/** The lines of the log, without those of normal requests and of what is only counted. */
export function linesOf(ground: Ground): Record<string, unknown>[] {
  const lines = ground.everything().split('\n').slice(0, -1)
  return lines
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .filter(({ path, msg }) => path !== probePath && msg !== 'connections.dropped')
}

/** Waits until all is as it was. A normal request comes last, so that the log is complete when its line is there. */
async function settle(ground: Ground, before: Holdings): Promise<void> {
  await until('room for one more', async () => (await probe(ground.origin)).durationMs < 1_000)
  const idle = () => ground.engines.list().every(({ activeRequests }) => activeRequests === 0)
  await until('no request is left at the engine', idle)
  await until('no socket or child is left', () => countHandles() <= before.handles)
  await until('no file is left open', () => countFiles() <= before.files)
  await untilLogged(ground)
}

/** Asks for one thing more and waits for its line: then every line before it is there too. */
async function untilLogged({ origin, everything }: Ground): Promise<void> {
  const { requestId } = await probe(origin)
  await until('all is logged', () => everything().includes(requestId))
}

async function expectTraces(ground: Ground, { lines, dropped }: Required<Traces>) {
  const found = linesOf(ground)
  expect(found.length, JSON.stringify(found.slice(-3))).toBe(lines)
  expect(ground.everything()).toMatch(/^[ -~\n]*$/)
  await until('all that was dropped is counted', () => droppedOf(ground) >= dropped)
  expect(droppedOf(ground)).toBe(dropped)
}

function droppedOf(ground: Ground): number {
  const counts = ground.logged('connections.dropped') as { silent: number; overLimit: number }[]
  return counts.reduce((sum, { silent, overLimit }) => sum + silent + overLimit, 0)
}

/** Connections and child processes of this process, in which the gateway runs. */
export function countHandles(): number {
  const held = process.getActiveResourcesInfo()
  return held.filter((name) => name === 'TCPSocketWrap' || name === 'ProcessWrap').length
}

/** Open descriptors of any kind; 0 where the system does not list them. */
function countFiles(): number {
  return process.platform === 'win32' ? 0 : readdirSync('/dev/fd').length
}
