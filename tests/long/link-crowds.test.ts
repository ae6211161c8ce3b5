import { expect, test } from 'vitest'
import { linkLimits } from '../../src/cluster/links/index.ts'
import { probeLink, startLinkGround, withstandOnLink } from '../attack/link-ground.ts'
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
