/** Many nodes of one cluster on one machine, each with a link to each. */
import { expect, test } from 'vitest'
import { Members } from '../../../src/cluster/links/index.ts'
import { ask, makeTestClient, newIdentity, startTestNode } from './link-setup.ts'

test.each([
  ['S-116 (part: links of five nodes)', 5],
  ['S-117 (part: links of twenty nodes)', 20],
])('%s: each asks each of the others and knows who asked', async (_, count) => {
  const identities = Array.from({ length: count }, newIdentity)
  const members = new Members(identities.map(({ peer }) => peer))
  const nodes = await Promise.all(
    identities.map((identity) => startTestNode({ identity, members })),
  )
  const clients = identities.map((identity) => makeTestClient(identity, { members }))
  const statuses: number[] = []
  // One question after the other: all at once, this one process has 760 ends of handshakes to compute.
  for (const [i, client] of clients.entries()) {
    for (const { identity, address } of nodes.filter((_, other) => other !== i)) {
      statuses.push((await ask(client, { peer: identity.peer }, [address])).status)
    }
  }
  expect(statuses).toEqual(Array.from({ length: count * (count - 1) }, () => 200))
  for (const [i, { asked }] of nodes.entries()) {
    const others = identities.filter((_, other) => other !== i).map(({ peer }) => peer)
    expect(asked.map(({ peer }) => peer).toSorted()).toEqual(others.toSorted())
  }
})
