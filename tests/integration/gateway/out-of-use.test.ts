/** An answer that has begun, and what is said meanwhile of the engine that gives it. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { OutReason } from '../../../src/core/engine-entry.ts'
import { type Delivery, deliver } from '../../../src/gateway/delivery.ts'
import { beginExchange } from '../../../src/gateway/exchange.ts'
import { gatewayLimits as limits } from '../../../src/gateway/limits.ts'
import type { UpstreamListener } from '../../../src/gateway/upstream.ts'
import { systemClock as clock } from '../../../src/sys/clock.ts'
import { connectRaw } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'

/** A stream of one line so far, as its client and its engine see it. */
async function startStream() {
  let engine: UpstreamListener | undefined
  let say: (why: OutReason) => void = () => {}
  let delivered: Delivery | undefined
  let response: ServerResponse | undefined
  const server = createServer((request, answer) => {
    response = answer
    const exchange = beginExchange(request, answer, { newId: () => 'id', clock } as never)
    const pass = {
      answering: () => {},
      leave: (abort: () => void) => abort(),
      finish: () => {},
      whenOut(action: (why: OutReason) => void) {
        say = action
        return () => {}
      },
    }
    const options = { exchange, nodeId: 'n', engineId: 'e', pass, limits, clock }
    const send = (listener: UpstreamListener) => {
      engine = listener
      return { pause: () => {}, resume: () => {}, abort: () => {} }
    }
    void deliver({ ...options, keeps: () => false }, send).then((one) => {
      delivered = one
    })
    engine?.head(200, ['content-type', 'application/x-ndjson'])
    engine?.data(Buffer.from('{"response":"a","done":false}\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = await connectRaw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => client.destroy())
  await client.request({ path: '/api/generate', body: '{}' })
  await until('it to have begun', () => response?.headersSent === true)
  return {
    client,
    say: (why: OutReason) => say(why),
    more: () => engine?.data(Buffer.from('{"response":"b","done":false}\n')),
    outcome: () => delivered?.type,
  }
}

test('goes on while that is doubted, and while anything comes between two words that its node is silent', async () => {
  const { say, more, outcome } = await startStream()
  say('doubted')
  for (let i = 0; i < 5; i++) {
    more()
    say('silent')
    await Promise.resolve()
    expect(outcome()).toBeUndefined()
  }
})

test('ends with an error line when nothing came between two words that its node is silent', async () => {
  const { client, say, outcome } = await startStream()
  say('silent')
  expect(outcome()).toBeUndefined()
  say('silent')
  const answer = await client.answer()
  expect(answer.body.toString().trimEnd().split('\n').at(-1)).toContain('"error"')
  expect(outcome()).toBe('broken')
})
