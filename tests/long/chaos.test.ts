/** A hundred faults in three real nodes, and links that stay cut. */
import { expect, onTestFinished, test } from 'vitest'
import {
  holdThrough,
  holdWithoutLink,
  onHosts,
  onOneMachine,
} from '../integration/across/chaos-faults.ts'
import { canMakeHosts, makeNetwork } from '../support/hosts/index.ts'

const canHosts = canMakeHosts()

test.skipIf(!canHosts)(
  'S-081 (part: nodes): 100 faults in engines, a node and links: nothing fails before its first byte, none is cut in silence',
  async () => {
    const network = makeNetwork(3)
    onTestFinished(() => network.remove())
    expect(await holdThrough(onHosts, 100, network)).toBeGreaterThanOrEqual(200)
  },
)

test('S-081 (part: nodes): 100 faults in engines and a node of one machine: the same', async () => {
  expect(await holdThrough(onOneMachine, 100)).toBeGreaterThanOrEqual(200)
})

test.skipIf(!canHosts).each([
  ['to a node', [[0, 2]]],
  [
    'in both directions',
    [
      [0, 2],
      [2, 0],
    ],
  ],
] as const)(
  'S-081 (part: nodes): a link that stays cut %s, while all nodes hear of each other: what has not begun goes elsewhere',
  (_, ways) => holdWithoutLink(ways),
)
