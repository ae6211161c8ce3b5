import { expect, test } from 'vitest'
import { beginStream } from '../integration/gateway/scripted-upstream.ts'
import { connectRaw, type RawConnection } from '../support/raw-http.ts'
import { until, within } from '../support/until.ts'
import { p99, sendCrowd } from './crowd.ts'
import { crowdCases } from './crowd-cases.ts'
import { attack, startGround } from './ground.ts'

test.each(crowdCases)('$title: all are cut, others are served', async (crowd) => {
  // Without the guard of its own each crowd would stay until the time of a whole request is over.
  const ground = await startGround({ limits: { bodyMs: 20_000 } })
  const { probesMs } = await sendCrowd(ground, { ...crowd, count: 100, dripMs: 250 }, 6_000)
  expect(p99(probesMs)).toBeLessThan(500)
  expect(ground.engine.received).toHaveLength(0)
  await ground.mustStand()
})

test('A-20: one connection too many is closed, the others go on', async () => {
  const ground = await startGround({ limits: { connectionsMax: 5, headersMs: 10_000 } })
  const kept: RawConnection[] = []
  for (let i = 0; i < 5; i++) kept.push(await connectRaw(ground.origin))
  const refused = await connectRaw(ground.origin)
  expect(await refused.idle(3_000)).toBe('closed')
  for (const connection of kept) {
    await connection.request({ path: '/' })
    expect((await connection.answer()).status).toBe(200)
  }
  for (const { socket } of [refused, ...kept]) socket.destroy()
  await ground.mustStand()
})

test('A-21: 1,000 connections that come and go leave nothing', async () => {
  const ground = await startGround()
  for (let i = 0; i < 1_000; i++) {
    const connection = await connectRaw(ground.origin)
    if (i % 2 === 0) connection.destroy()
    else connection.socket.destroy()
  }
  await ground.mustStand()
})

test('A-22 (part: what is at hand): a client that closes its half gets it whole', async () => {
  const ground = await startGround()
  const connection = await connectRaw(ground.origin)
  connection.socket.end('GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const answer = await within('the answer', connection.answer())
  expect([answer.status, answer.isWhole]).toEqual([200, true])
  connection.socket.destroy()
  await ground.mustStand()
})

test('A-23: one that stops reading a long stream makes the engine wait, then is cut', async () => {
  let writtenBytes = 0
  const ground = await startGround({
    script: async ({ response, socket, closed }) => {
      beginStream(response, { response: '' })
      const piece = `{"response":"${'x'.repeat(64 * 1024)}"}\n`
      while (!socket.destroyed && writtenBytes < 256 * 1024 * 1024) {
        writtenBytes += piece.length
        if (response.write(piece)) continue
        await Promise.race([closed, new Promise((resolve) => response.once('drain', resolve))])
      }
    },
  })
  const connection = await connectRaw(ground.origin)
  await connection.request({ path: '/api/generate', body: '{"model":"a"}' })
  await connection.head()
  await until('it is cut', () => ground.logged('request.finished').length === 1)
  expect(ground.logged('request.finished')[0]).toMatchObject({ isWhole: false, engine: 'local' })
  expect(writtenBytes).toBeLessThan(32 * 1024 * 1024) // what kernels hold between three processes
  connection.socket.destroy()
  await ground.mustStand()
})

test('A-24: a body over the limit gets 413 instead of 100', async () => {
  const ground = await startGround()
  const head = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n'
  const got = await attack(ground.origin, `${head}Content-Length: 100000000\r\n\r\n`)
  expect([got.status, got.interim, got.after]).toEqual([413, [], 'closed'])
  expect(ground.engine.received).toHaveLength(0)
  await ground.mustStand()
})
