import { expect, test } from 'vitest'
import { newIdentity } from '../integration/links/link-setup.ts'
import { until } from '../support/until.ts'
import { linkCases } from './link-cases.ts'
import { attackAs, attackTcp, probeLink, startLinkGround, withstandOnLink } from './link-ground.ts'

test.each(linkCases)('$title', async ({ limits, reason, attack, times }) => {
  const ground = await startLinkGround(limits)
  await withstandOnLink(ground, reason, () => attack(ground), times)
})

test('L-10: while half-open connections come without end, a member is let in', async () => {
  const ground = await startLinkGround({ halfOpenPerSourceMax: 20, handshakeMs: 60_000 })
  const held = Array.from({ length: 20 }, () => attackTcp(ground))
  await until('all are there', () => held.every(({ socket }) => !socket.connecting))
  await probeLink(ground)
  for (const { socket } of held) socket.destroy()
})

test('A-21: who only looks whether the port is open leaves not a line', async () => {
  const ground = await startLinkGround()
  for (let i = 0; i < 50; i++) {
    const { socket } = attackTcp(ground)
    socket.on('connect', () => (i % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()))
  }
  await probeLink(ground)
  await until('all are gone', () => ground.asked.length === 1)
  expect(ground.everything()).toBe('')
})

test('L-16: all of these at once: members are served, and the log has one line', async () => {
  const ground = await startLinkGround({ halfOpenPerSourceMax: 200 })
  const strange = newIdentity()
  const all = linkCases.filter(({ limits }) => limits === undefined)
  const attacks = all.filter(({ title }) => !title.startsWith('A-80'))
  await Promise.all([
    ...attacks.map(({ attack }) => attack(ground).catch(() => {})), // they may get in each other's way
    probeLink(ground),
    attackAs(ground, strange).ended(),
  ])
  await until('it is logged', () => ground.logged('link.refused').length > 0)
  expect(ground.logged('link.refused')).toHaveLength(1)
})
