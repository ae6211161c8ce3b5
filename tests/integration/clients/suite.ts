import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { behaviours } from './behaviours.ts'
import type { Calls, Client } from './client.ts'
import type { Ground, SetUp } from './ground.ts'

/** A library of Python may have to be installed first. */
const openTimeoutMs = 400_000

/** A real model on a busy machine takes its time. */
const answerTimeoutMs = 240_000

/** One test for each client and each thing that it can do; all skipped where the ground says what is missing. */
export function clientSuite(title: string, setUp: SetUp, clients: readonly Client[]): void {
  describe(title, () => {
    let ground: Ground | { readonly missing: string } = { missing: 'nothing was set up' }
    beforeAll(async () => {
      ground = await setUp()
    })
    afterAll(async () => {
      if (!('missing' in ground)) await ground.stop()
    })
    test('what enters at the one node is answered at the other', async ({ skip }) => {
      if ('missing' in ground) return skip(ground.missing)
      const body = JSON.stringify({ model: ground.model, prompt: '' })
      const path = '/api/generate'
      const answer = await rawRequest(ground.gateway, { path, body })
      expect(headerOf(answer, 'x-od-node')).toBe(ground.owner)
    })

    for (const client of clients) {
      describe(client.name, () => {
        let lacking: string | undefined
        beforeAll(async () => {
          if ('missing' in ground) lacking = ground.missing
          else lacking = (await client.open?.())?.missing
        }, openTimeoutMs)
        afterAll(async () => await client.close?.())
        for (const { name, title: what, ask, fromFake, fromPocket = fromFake } of behaviours) {
          const anywhere = { url: 'http://127.0.0.1', model: '', isBound: false }
          if (client.calls(anywhere)[name] === undefined) continue
          test(
            `${name}: ${what}`,
            async ({ skip }) => {
              if (lacking !== undefined || 'missing' in ground) return skip(lacking)
              if (name === 'loop' && ground.answers === undefined) {
                return skip('the model calls nothing by itself')
              }
              const { gateway, engine, model, isBound } = ground
              const through = await ask(client.calls({ url: gateway, model, isBound }), ground)
              if (ground.answers === 'fake') fromFake(through)
              if (ground.answers === 'pocket') fromPocket(through)
              if (name === 'tools' && client.bindsCalls) expect(through).toHaveProperty('call')
              const direct = await ask(client.calls({ url: engine, model, isBound }), ground)
              expect(through).toEqual(direct)
            },
            answerTimeoutMs,
          )
        }

        test(
          'cancel: a client that leaves frees the engine',
          async ({ skip }) => {
            if (lacking !== undefined || 'missing' in ground) return skip(lacking)
            const { gateway: url, model, isBound } = ground
            await leave(client.calls({ url, model, isBound }), ground)
          },
          answerTimeoutMs,
        )
      })
    }
  })
}

async function leave({ cancel }: Calls, { fake, activeRequests }: Ground): Promise<void> {
  const before = await fake?.stats()
  await fake?.set({ holdAfterTokens: 2 })
  try {
    expect(await cancel?.('Count to 1000.')).not.toBe('')
    await until('the engine to be free', async () => (await activeRequests()) === 0)
    if (fake === undefined || before === undefined) return
    const after = await until('the engine to hear of it', async () => {
      const stats = await fake.stats()
      return stats.aborted > before.aborted ? stats : undefined
    })
    expect(after.aborted).toBe(before.aborted + 1)
  } finally {
    await fake?.set({})
  }
}
