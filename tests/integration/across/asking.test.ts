/** What an engine of another node is asked, while its node is said to be doubted, silent or lost. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { Pool } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { EngineView } from '../../../src/core/engine.ts'
import type { OutReason, Pass, RelayOutcome } from '../../../src/core/engine-entry.ts'
import { askEngine } from '../../../src/gateway/collected.ts'
import type { GatewayContext } from '../../../src/gateway/context.ts'
import type { Exchange } from '../../../src/gateway/exchange.ts'
import { gatewayLimits } from '../../../src/gateway/limits.ts'
import { StreamedBody } from '../../../src/gateway/streamed-body.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { until } from '../../support/until.ts'

const engine: EngineView = {
  id: 'local@there',
  node: 'there',
  kind: 'adopted',
  url: 'http://127.0.0.1:1',
  managed: false,
  state: 'running',
  sinceMs: 0,
  reason: '',
  models: [],
  loaded: [],
  activeRequests: 0,
}

/** An upload under way to an owner that takes it and says nothing. */
async function startUpload() {
  let taken = 0
  const server = createServer((request: IncomingMessage) => {
    request.on('data', (chunk: Buffer) => {
      taken += chunk.length
    })
    request.on('error', () => {})
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const link = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(async () => {
    await link.destroy()
    server.close()
    server.closeAllConnections()
  })
  let tell: (why: OutReason) => void = () => {}
  const outcomes: RelayOutcome[] = []
  const pass: Pass = {
    answering: () => {},
    leave: (abort) => abort(),
    whenOut(action) {
      tell = action
      return () => {}
    },
    finish: (outcome) => void outcomes.push(outcome),
  }
  const client = Object.assign(new PassThrough(), { headers: {}, socket: {}, complete: false })
  const exchange = { id: 'r', request: client, response: {} } as unknown as Exchange
  const context = {
    clock: systemClock,
    limits: gatewayLimits,
    engines: { enter: async () => ({ type: 'admitted', pass }), linkTo: () => link },
  } as unknown as GatewayContext
  const body = new StreamedBody(exchange, context)
  const request = { method: 'POST', path: '/api/blobs/x', headers: [], body }
  const never = new AbortController().signal
  const asked = askEngine(exchange, { engine, request }, context, never)
  const send = async (text: string) => {
    const before = taken
    client.write(text)
    await until('it to be taken', () => taken === before + text.length)
  }
  await send('start')
  return { asked, send, outcomes, tell: (why: OutReason) => tell(why) }
}

test('a file that is still taken goes on while its node is doubted or not heard; then it has died', async () => {
  const { asked, send, outcomes, tell } = await startUpload()
  tell('doubted')
  tell('silent')
  await send('more')
  tell('silent')
  expect(outcomes).toEqual([])
  tell('silent') // and nothing was taken since
  expect(await asked).toMatchObject({ type: 'failed', result: 'died' })
  expect(outcomes).toEqual(['died'])
})

test('a node that is lost has lost the file too', async () => {
  const { asked, send, outcomes, tell } = await startUpload()
  await send('more')
  tell('lost')
  expect(await asked).toMatchObject({ type: 'failed', result: 'died' })
  expect(outcomes).toEqual(['died'])
})
