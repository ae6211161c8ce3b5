import { expect, test } from 'vitest'
import { linkLimits } from '../../src/cluster/links/index.ts'
import { probeLink, startLinkGround, withstandOnLink } from '../attack/link-ground.ts'
import { refusalsOf, startPair } from '../attack/running-ground.ts'
import { headerOf, rawRequest } from '../support/raw-http.ts'
import { runClients } from './clients.ts'

/** Some 15 MB are held by handshakes at a time; the rest is what the collector had no reason yet to clear away. */
const memoryBytesMax = 250 * 1024 * 1024
const count = 10_000

test.each([
  ['that say nothing', ''],
  ['that begin a hello', '\u0016\u0003\u0001'],
])(
  'L-10: 10,000 connections %s, limits as shipped: members are served, memory is bounded',
  async (_, first) => {
    const ground = await startLinkGround(linkLimits)
    const beforeBytes = process.memoryUsage.rss()
    let mostBytes = 0
    const failed: unknown[] = []
    await withstandOnLink(
      ground,
      'half-open',
      async () => {
        await runClients(ground.port, [count, first, ''], async () => {
          await probeLink(ground).catch((error: unknown) => failed.push(error))
          mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
        })
      },
      2,
    )
    expect(failed).toEqual([])
    const addedBytes = mostBytes - beforeBytes
    console.log(`${count} half-open connections: ${Math.round(addedBytes / 1024 / 1024)} MiB more`)
    expect(addedBytes).toBeLessThan(memoryBytesMax)
  },
)

test.each([
  ['say nothing', ''],
  ['begin a hello', '\u0016\u0003\u0001'],
])(
  'L-10: 10,000 half-open connections that %s to a running node: members are served, memory is bounded, all are cut',
  async (_, first) => {
    const { owner, entry } = await startPair()
    const body = '{"model":"tiny","prompt":"p","stream":false}'
    let most = { bytes: 0, ms: 0 }
    let answers = 0
    const ask = async () => {
      const startedMs = performance.now()
      const got = await rawRequest(entry.process.gateway, { path: '/api/generate', body })
      expect([got.status, headerOf(got, 'x-od-node')]).toEqual([200, owner.peer])
      answers++
      const ms = Math.max(most.ms, Math.round(performance.now() - startedMs))
      most = { bytes: Math.max(most.bytes, owner.rssBytes()), ms }
    }
    for (let i = 0; i < 20; i++) await ask()
    const beforeBytes = owner.rssBytes()
    const failed: unknown[] = []
    most = { bytes: 0, ms: 0 }
    answers = 0
    await runClients(owner.linkPort, [count, first, ''], async () => {
      await ask().catch((error: unknown) => failed.push(error))
    })
    expect(failed).toEqual([])
    expect(answers).toBeGreaterThan(10)
    const addedBytes = most.bytes - beforeBytes
    const mib = Math.round(addedBytes / 1024 / 1024)
    console.log(
      `${count} to a running node: ${mib} MiB more, ${answers} answers, slowest ${most.ms} ms`,
    )
    expect(addedBytes).toBeLessThan(memoryBytesMax)
    expect(await refusalsOf(owner)).toHaveLength(1)
  },
)
