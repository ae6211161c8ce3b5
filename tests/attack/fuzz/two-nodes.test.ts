/** Fuzzed requests that enter at a node without engines: the engine of the other sees what was sent, whatever the link does. */
import { readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { gatewayLimits } from '../../../src/gateway/index.ts'
import { routes } from '../../../src/gateway/routes.ts'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { until } from '../../support/until.ts'
import { checkAnswers, expectSeen } from './check.ts'
import { converse } from './conversation.ts'
import { startRecordingEngine } from './recording-engine.ts'
import { assertRepeatably } from './repeatable.ts'
import { plainRequest } from './requests.ts'

const request = plainRequest(
  routes.filter(
    ({ handling, modelIn }) =>
      handling.type === 'relay' && handling.use !== 'export' && modelIn === 'json',
  ),
)

const rssMiB = ({ pid }: ClusterNode) =>
  Math.round(
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  )

const openFiles = ({ pid }: ClusterNode) => readdirSync(`/proc/${pid}/fd`).length

/** What a thousand requests may leave in a process: its heap grows to its usual size. */
const addedMiBMax = 150

/** Connections that are kept for the next requests: to the engine and between the nodes as many as were asked at once. */
const keptMax = 16

test.skipIf(process.platform !== 'linux')(
  'fuzz, over a link: the engine of another node sees the same',
  { timeout: 120_000 },
  async () => {
    const recorder = await startRecordingEngine('alpha')
    onTestFinished(() => recorder.stop())
    const nodes = await startCluster([
      { engines: [], role: 'gateway' },
      { engines: [{ id: 'local', url: recorder.url }] },
    ])
    const [entry, owner] = nodes
    if (entry === undefined || owner === undefined) throw new Error('two nodes')
    const before = nodes.map((node) => ({ rss: rssMiB(node), files: openFiles(node) }))
    let count = 0
    const conversations = fc.record({
      bytes: fc.array(request, { minLength: 1, maxLength: 6 }).map((list) => list.join('')),
      pauses: fc.array(fc.nat(5_000), { maxLength: 3 }),
    })
    const property = fc.asyncProperty(conversations, async (conversation) => {
      recorder.take()
      const outcome = await converse(entry.origin, conversation, gatewayLimits)
      expectSeen(recorder.take(), checkAnswers(outcome), outcome.may, 1)
      expect(recorder.faults).toEqual([])
      count += outcome.sentCount
    })
    await assertRepeatably(property, 250)
    for (const [i, node] of nodes.entries()) {
      expect(rssMiB(node) - (before[i]?.rss ?? 0)).toBeLessThan(addedMiBMax)
      expect(node.logged('request.bug')).toEqual([])
      await until('no file is left', () => openFiles(node) <= (before[i]?.files ?? 0) + keptMax)
    }
    const memory = nodes.map((node, i) => `${before[i]?.rss} to ${rssMiB(node)} MiB`).join(', ')
    console.log(`fuzz, over a link: ${count} requests; resident at entry and owner: ${memory}`)
  },
)
