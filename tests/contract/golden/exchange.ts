/** Sends the requests of golden cases over bare sockets and does their steps. */
import { connectRaw, type RawConnection, requestBytes } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { filledBytes, type GoldenCase, type GoldenRequest, type GoldenStep } from './golden-case.ts'
import { normalise, type Seen } from './normalise.ts'

/** Something that comes at all comes within this; a connection that is to stay open is watched so long. */
const watchMs = 300

/** A step that must not fail was answered with an error. */
class StepRefused extends Error {}

/** Does all steps of a case. Resolves with the lines of the answer, or with the step before it that was refused. */
export async function replay(
  origin: string,
  golden: GoldenCase,
  apart?: readonly string[],
): Promise<string[]> {
  try {
    for (const step of golden.before ?? []) await perform(origin, step, apart)
    return normalise(await exchange(origin, golden.request), golden)
  } catch (error) {
    if (error instanceof StepRefused) return [`not prepared: ${error.message}`]
    throw error
  } finally {
    for (const step of golden.after ?? []) await perform(origin, step, apart)
  }
}

/** Sends one request and reads what comes. */
async function exchange(origin: string, request: GoldenRequest): Promise<Seen> {
  const connection = await connectRaw(origin)
  try {
    const early = await send(connection, origin, request)
    if (request.half_close === true) connection.halfClose()
    const answer = await connection.answer(methodOf(request))
    const more: Seen[] = []
    for (const method of request.then_methods ?? []) more.push(await connection.answer(method))
    const after = request.watch_close === true ? await connection.idle(watchMs) : undefined
    return {
      ...answer,
      ...(early === undefined ? {} : { early }),
      ...(after === undefined ? {} : { after }),
      more,
    }
  } finally {
    connection.socket.destroy()
  }
}

/**
 * Does a step that prepares or cleans up. Throws when it fails and must not. `apart`: models that would share a runner with
 * the others on one server and have one of their own here; where nothing may be loaded, they are unloaded, too.
 */
async function perform(
  origin: string,
  step: GoldenStep,
  apart: readonly string[] = [],
): Promise<void> {
  if ('wait' in step) {
    if (step.wait === 'ps_empty') await unload(origin, apart)
    await until(step.wait, async () => isReached(await loadedNames(origin), step.wait))
    return
  }
  if (step.cancel_after !== undefined) {
    await leaveAfter(origin, step, step.cancel_after)
    return
  }
  const { status } = await exchange(origin, step)
  if (status >= 400 && step.may_fail !== true) {
    throw new StepRefused(`${step.method} ${step.path} answered ${status}`)
  }
}

async function send(
  connection: RawConnection,
  origin: string,
  request: GoldenRequest,
): Promise<Seen['early']> {
  const bytes = bytesOf(request, new URL(origin).host)
  if (request.expect !== true) {
    await connection.send(bytes)
    return undefined
  }
  const headEnd = bytes.indexOf('\r\n\r\n') + 4
  await connection.send(bytes.subarray(0, headEnd))
  const early = await connection.idle(watchMs)
  await connection.send(bytes.subarray(headEnd))
  return early
}

function bytesOf(request: GoldenRequest, host: string): Buffer {
  if (request.raw !== undefined) {
    const text = filledBytes(request.raw).toString('latin1')
    return Buffer.from(text.replaceAll('{HOST}', host), 'latin1')
  }
  return requestBytes(
    {
      path: request.path ?? '/',
      ...(request.method === undefined ? {} : { method: request.method }),
      ...(request.headers === undefined
        ? {}
        : { headers: request.headers.map(([name, value]) => [name, filledHost(value, host)]) }),
      ...(request.body === undefined ? {} : { body: filledBytes(request.body) }),
      ...(request.chunked === true ? { chunkBytes: 7 } : {}),
    },
    host,
  )
}

function filledHost(value: string | null, host: string): string | null {
  return value?.replaceAll('{HOST}', host) ?? null
}

function methodOf(request: GoldenRequest): string {
  if (request.raw === undefined) return request.method ?? 'GET'
  return filledBytes(request.raw).toString('latin1').split(' ')[0] ?? 'GET'
}

async function leaveAfter(origin: string, request: GoldenRequest, objects: number): Promise<void> {
  const connection = await connectRaw(origin)
  try {
    await send(connection, origin, request)
    const head = await connection.head()
    let seen = 0
    for await (const piece of connection.pieces(head)) {
      seen += piece.bytes.toString('latin1').split('\n').length - 1
      if (seen >= objects) break
    }
  } finally {
    connection.destroy()
  }
}

async function unload(origin: string, models: readonly string[]): Promise<void> {
  const loaded = await loadedNames(origin)
  for (const model of models) {
    if (!loaded.includes(`${model}:latest`)) continue
    const body = JSON.stringify({ model, keep_alive: 0 })
    await exchange(origin, { method: 'POST', path: '/api/generate', body })
  }
}

async function loadedNames(origin: string): Promise<string[]> {
  const { body } = await exchange(origin, { method: 'GET', path: '/api/ps' })
  const { models } = JSON.parse(body.toString()) as { models: { name: string }[] }
  return models.map(({ name }) => name)
}

/** Models that do not belong to the recording may stay loaded. */
function isReached(loaded: readonly string[], wait: 'ps_empty' | 'ps_has'): boolean {
  if (wait === 'ps_has') return loaded.length > 0
  return !loaded.some((name) => name.startsWith('smol') || name.startsWith('gold'))
}
