/** The one route that is open to strangers. */
import { expect, test } from 'vitest'
import { joinPath, Members } from '../../../src/cluster/links/index.ts'
import { until } from '../../support/until.ts'
import { ask, makeTestClient, newIdentity, startTestNode } from './link-setup.ts'

const post = { method: 'POST', path: joinPath, body: '{"token":"t"}' } as const

test('a stranger is heard with its proven name, and its connection ends with the answer', async () => {
  const newcomer = newIdentity()
  const node = await startTestNode({
    join: ({ peer }) => Promise.resolve({ status: 202, body: JSON.stringify({ pending: peer }) }),
  })
  const client = makeTestClient(newcomer)
  const { status, body } = await ask(client, { ...post, peer: node.identity.peer }, [node.address])
  expect([status, JSON.parse(body.toString())]).toEqual([202, { pending: newcomer.peer }])
  const [join] = node.joins
  expect(join).toMatchObject({ peer: newcomer.peer, address: '127.0.0.1' })
  expect(Buffer.from(join?.body ?? []).toString()).toBe(post.body)
})

test('who is admitted by its join is a member with its next request', async () => {
  const members = new Members()
  const node = await startTestNode({
    members,
    async join({ peer }) {
      members.replace([peer])
      return { status: 200, body: '{}' }
    },
  })
  const client = makeTestClient(newIdentity())
  const question = { peer: node.identity.peer }
  expect((await ask(client, { ...post, ...question }, [node.address])).status).toBe(200)
  expect((await ask(client, question, [node.address])).body.toString()).toBe('ok')
})

test('a member may ask to join as well: it may have lost what it knew', async () => {
  const member = newIdentity()
  const node = await startTestNode({ members: new Members([member.peer]) })
  const answer = await ask(makeTestClient(member), { ...post, peer: node.identity.peer }, [
    node.address,
  ])
  expect([answer.status, node.joins.length, node.asked.length]).toEqual([200, 1, 0])
})

test('a handler that fails is answered with 500, and told in the log alone', async () => {
  const node = await startTestNode({ join: () => Promise.reject(new Error('the disk is gone')) })
  const client = makeTestClient(newIdentity())
  const answer = await ask(client, { ...post, peer: node.identity.peer }, [node.address])
  expect(answer.status).toBe(500)
  expect(answer.body.toString()).not.toContain('disk')
  await until('it is logged', () => node.logged('link.join-failed').length === 1)
})
