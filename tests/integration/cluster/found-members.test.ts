/** Joining whoever the local network tells of: they may be of another cluster, and they may lie. */
import { expect, onTestFinished, test } from 'vitest'
import type { FoundNode } from '../../../src/cluster/discovery/index.ts'
import type { AdmittedBody } from '../../../src/cluster/membership/index.ts'
import { parseToken, proofOf } from '../../../src/cluster/membership/index.ts'
import { Joining } from '../../../src/node/cluster/joining.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { makeTestClient, newIdentity, startTestNode, type TestNode } from '../links/link-setup.ts'

const token = '0123abcd.00112233445566778899aabbccddeeff'
const otherToken = '0123abcd.ffeeddccbbaa99887766554433221100'

/** One that admits whoever comes; `proof`: what it says of the token that it is shown. */
async function startMember(proof: (asked: { newcomer: string; member: TestNode }) => object) {
  const member: TestNode = await startTestNode({
    join({ peer }) {
      const { peer: holder } = member.identity
      const admitted = { outcome: 'admitted', clusterId: 'c', holder, members: [], clockOffMs: 0 }
      const body = { ...admitted, ...proof({ newcomer: peer, member }) }
      return Promise.resolve({ status: 200, body: JSON.stringify(body) })
    },
  })
  return member
}

const knowing = (text: string) =>
  startMember(({ newcomer, member }) => ({
    proof: proofOf(parseToken(text)?.hash ?? '', 'admits', {
      newcomer: newcomer as TestNode['identity']['peer'],
      member: member.identity.peer,
    }),
  }))

function newcomer(found: readonly TestNode[]) {
  const identity = newIdentity()
  const admitted: AdmittedBody[] = []
  let looks = 0
  const joining = new Joining({
    self: identity.peer,
    client: makeTestClient(identity),
    clock: systemClock,
    find() {
      looks++
      return Promise.resolve(found.map(foundAs))
    },
    wish: () => ({
      version: '0.1.0',
      name: 'desk',
      addresses: [],
      role: 'full',
      labels: {},
      nowMs: 0,
    }),
    onAdmitted: (body) => Promise.resolve(void admitted.push(body)),
  })
  onTestFinished(() => joining.stop())
  return { joining, admitted, looks: () => looks }
}

const foundAs = ({ identity, address }: TestNode): FoundNode => ({
  peer: identity.peer,
  name: 'found',
  clusterId: identity.peer,
  protocol: 1,
  addresses: [address],
})

test('with a token only one that knows it is joined, and no other learns it', async () => {
  const liar = await startMember(() => ({}))
  const guesser = await knowing(otherToken)
  const member = await knowing(token)
  const { joining, admitted } = newcomer([liar, guesser, member])
  expect(await joining.ask([], token)).toMatchObject({
    outcome: 'admitted',
    member: member.identity.peer,
  })
  expect(admitted.map(({ holder }) => holder)).toEqual([member.identity.peer])
  for (const { joins } of [liar, guesser, member]) {
    const [shown] = joins.map(({ body }) => Buffer.from(body).toString())
    expect(shown).toContain('"id":"0123abcd"')
    expect(shown).not.toContain(token.slice(9))
  }
})

test('where nobody knows the token, nothing is joined', async () => {
  const liar = await startMember(() => ({}))
  const echo = await startMember(() => ({ proof: '0'.repeat(64) }))
  const { joining, admitted } = newcomer([liar, echo])
  await expect(joining.ask([], token)).rejects.toMatchObject({ code: 'OD_JOIN_UNPROVED' })
  expect(admitted).toEqual([])
})

test('many who ask at once look once', async () => {
  const { joining, looks } = newcomer([])
  const asked = Array.from({ length: 50 }, () => joining.ask([], undefined))
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected')
  expect(looks()).toBe(1)
  await expect(joining.ask([], undefined)).rejects.toMatchObject({ code: 'OD_JOIN_NOBODY' })
  expect(looks()).toBe(2)
})

test('one that the user names needs no proof: its id is the proof', async () => {
  const member = await startMember(() => ({}))
  const { joining } = newcomer([])
  const target = { ...member.address, peer: member.identity.peer }
  expect(await joining.ask([target], token)).toMatchObject({ outcome: 'admitted' })
})
