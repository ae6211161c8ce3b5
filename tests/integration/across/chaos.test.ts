/** Three real nodes with an engine each under faults; a hundred of them are in `tests/long`. */
import { onTestFinished, test } from 'vitest'
import { canMakeHosts, makeNetwork } from '../../support/hosts/index.ts'
import { holdThrough, holdWithoutLink, onHosts, onOneMachine } from './chaos-faults.ts'

const canHosts = canMakeHosts()

test.skipIf(!canHosts)(
  'S-081 (part: nodes): 6 faults in engines, a node and links: nothing fails before its first byte, none is cut in silence',
  async () => {
    const network = makeNetwork(3)
    onTestFinished(() => network.remove())
    await holdThrough(onHosts, 6, network)
  },
  120_000,
)

test.skipIf(canHosts)(
  'S-081 (part: nodes): 6 faults in engines and a node of one machine, where no hosts can be made',
  async () => {
    await holdThrough(onOneMachine, 6)
  },
  120_000,
)

test.skipIf(!canHosts)(
  'S-081 (part: nodes): a link that brings no answers any more, while all nodes hear of each other: what has not begun goes elsewhere',
  () => holdWithoutLink([[2, 0]]),
  120_000,
)
