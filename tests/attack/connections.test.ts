import { expect, test } from 'vitest'
import { beginStream } from '../integration/gateway/scripted-upstream.ts'
import { connectRaw, type RawConnection } from '../support/raw-http.ts'
import { until, within } from '../support/until.ts'
import { p99, sendCrowd } from './crowd.ts'
import { crowdCases } from './crowd-cases.ts'
import { attack, startGround } from './ground.ts'
import { countHandles, linesOf, withstand } from './withstand.ts'

test.each(crowdCases)('$title: all are cut, others are served', async (crowd) => {
  // Without the guard of its own each crowd would stay until the time of a whole request is over.
  const ground = await startGround({ limits: { bodyMs: 20_000 } })
  await withstand(
    ground,
    async () => {
      const { probesMs } = await sendCrowd(ground, { ...crowd, count: 100, dripMs: 250 }, 6_000)
      expect(p99(probesMs)).toBeLessThan(500)
      expect(ground.engine.received).toHaveLength(0)
    },
    { lines: 0, [crowd.leaves]: 100, times: 2 },
  )
})

test('A-20: one connection too many is closed and counted, the others go on', async () => {
  const held = countHandles()
  const ground = await startGround({ limits: { connectionsMax: 5, headersMs: 10_000 } })
  await withstand(
    ground,
    async () => {
      const kept: RawConnection[] = []
      for (let i = 0; i < 5; i++) kept.push(await connectRaw(ground.origin))
      const refused = await connectRaw(ground.origin)
      expect(await refused.idle(3_000)).toBe('closed')
      for (const connection of kept) {
        await connection.request({ path: '/' })
        expect((await connection.answer()).status).toBe(200)
      }
      for (const { socket } of [refused, ...kept]) socket.destroy()
      await until('there is room again', () => countHandles() <= held)
    },
    { lines: 5, dropped: 1 },
  )
})

test('A-21: connections that come and go leave nothing, not even a line', async () => {
  const ground = await startGround()
  await withstand(
    ground,
    async () => {
      for (let i = 0; i < 100; i++) {
        const { socket } = await connectRaw(ground.origin)
        if (i % 3 === 2)
          await new Promise((resolve) => socket.write('GET / HTTP/1.1\r\nHo', resolve))
        if (i % 3 === 0) socket.destroy()
        else socket.resetAndDestroy()
      }
    },
    { lines: 0 },
  )
})

test('A-22: a client that closes its half gets whole what is at hand', async () => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const connection = await connectRaw(ground.origin)
    connection.socket.end('GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const answer = await within('the answer', connection.answer())
    expect([answer.status, answer.isWhole]).toEqual([200, true])
    connection.socket.destroy()
  })
})

// Ollama's answer, where the attack table has it whole: Go takes the end of the one half for the end of the client.
test('A-22: one that closes its half while an engine works has left, as for Ollama', async () => {
  const left: string[] = []
  const ground = await startGround({
    script: async ({ closed }) => {
      await closed
      left.push('the engine is told')
    },
  })
  await withstand(ground, async () => {
    const seenLines = linesOf(ground).length
    const seenLeft = left.length
    const connection = await connectRaw(ground.origin)
    await connection.request({ path: '/api/generate', body: '{"model":"a"}' })
    await until('the engine works', () => ground.engine.received.length === 1)
    connection.halfClose()
    await until('all know', () => linesOf(ground).length > seenLines && left.length > seenLeft)
    expect(linesOf(ground).at(-1)).toMatchObject({ status: 499, isWhole: false })
    connection.socket.destroy()
  })
})

test.each([
  ['stops reading', 0],
  ['reads a byte now and then of', 1],
])('A-23: a client that %s a long stream makes the engine wait, then is cut', async (_, byte) => {
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
  await withstand(
    ground,
    async () => {
      writtenBytes = 0
      const seen = linesOf(ground).length
      const connection = await connectRaw(ground.origin)
      await connection.request({ path: '/api/generate', body: '{"model":"a"}' })
      await connection.head()
      await until('it is cut', () => {
        connection.socket.read(byte)
        return linesOf(ground).length > seen
      })
      expect(linesOf(ground).at(-1)).toMatchObject({ isWhole: false, engine: 'local' })
      expect(writtenBytes).toBeLessThan(32 * 1024 * 1024) // what kernels hold between three processes
      connection.socket.destroy()
    },
    { times: 2 },
  )
})

test('A-24: a body over the limit gets 413 instead of 100', async () => {
  const ground = await startGround()
  const head = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n'
  await withstand(ground, async () => {
    const got = await attack(ground.origin, `${head}Content-Length: 100000000\r\n\r\n`)
    expect([got.status, got.interim, got.after]).toEqual([413, [], 'closed'])
    expect(ground.engine.received).toHaveLength(0)
  })
})
