import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { isOdError } from '../../../src/core/errors/index.ts'
import { Spool, startGateway } from '../../../src/gateway/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { FixedEngines } from '../../support/fixed-engines.ts'
import { connectRaw } from '../../support/raw-http.ts'
import { within } from '../../support/until.ts'
import { beginStream, line, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

async function startStreaming() {
  const turn = Promise.withResolvers<Turn>()
  const engine = await startEngine((current) => {
    beginStream(current.response, { n: 1 })
    turn.resolve(current)
  })
  const bench = await startBench([{ id: 'local', url: engine.url }])
  const connection = await connectRaw(bench.origin)
  await connection.request({ path: '/api/generate', body: '{"model":"pocket"}' })
  const pieces = connection.pieces(await connection.head())
  await pieces.next()
  return { ...bench, connection, pieces, turn: await turn.promise }
}

describe('stopping', () => {
  test('refuses new connections, closes idle ones, and lets a running answer finish', async () => {
    const { gateway, origin, connection, pieces, turn } = await startStreaming()
    const idle = await connectRaw(origin)
    await idle.request({ path: '/' })
    await idle.answer()
    const stopped = gateway.stop(60_000)
    expect(gateway.stop(60_000)).toBeInstanceOf(Promise)
    expect(await idle.idle(5_000)).toBe('closed')
    await expect(connectRaw(origin)).rejects.toThrow('ECONNREFUSED')
    turn.response.end(line({ done: true }))
    expect((await pieces.next()).value).toMatchObject({ bytes: Buffer.from('{"done":true}\n') })
    expect(await pieces.next()).toEqual({ done: true, value: true })
    expect(await connection.idle(5_000)).toBe('closed')
    await within('the stop', stopped)
  })

  test('cuts what does not finish in time, and frees the engine', async () => {
    const { gateway, pieces, turn } = await startStreaming()
    await within('the stop', gateway.stop(50))
    await within('the upstream connection to close', turn.closed)
    expect(await pieces.next()).toEqual({ done: true, value: false })
    await gateway.stop(0)
  })
})

describe('starting on a port', () => {
  const options = {
    listen: '127.0.0.1',
    nodeId: 'node-1',
    engines: new FixedEngines([]),
    management: {
      paths: [],
      answer: () => Promise.reject(new Error('nobody asks')),
      page: () => Promise.reject(new Error('nobody asks')),
    },
    spool: new Spool({ folder: '/nowhere', log: silentLog, random: systemRandom }),
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  }

  test('that another program has is OD_PORT_TAKEN, with the line to type', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve)
    })
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const error = await startGateway({ ...options, port }).catch((reason: unknown) => reason)
    other.close()
    if (!isOdError(error)) throw new Error('no OdError')
    expect(error.code).toBe('OD_PORT_TAKEN')
    expect(error.message).toBe(`port ${port} on 127.0.0.1 is already in use`)
    expect(error.remedy).toContain(`--port ${port + 1}`)
  })

  test('of an address that is not this machine’s is OD_LISTEN_FAILED', async () => {
    const starting = startGateway({ ...options, listen: '192.0.2.1', port: 0 })
    await expect(starting).rejects.toMatchObject({ code: 'OD_LISTEN_FAILED' })
  })
})
