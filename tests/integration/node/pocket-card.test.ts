import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd } from '../../support/node-process.ts'
import { until } from '../../support/until.ts'
import { type Ground, setUpEmbedded } from '../clients/ground.ts'

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path))

/** The template of the variant that thinks, which the card speaks of and whoever wants it makes. */
const thinking = /TEMPLATE """([^]*?)"""/.exec(
  readFileSync('assets/pocket/Modelfile.think', 'utf8'),
)

/** Routes, and how much of the card they have: those of responses and messages neither fill gaps nor embed. */
const apis = [
  ['native', 31],
  ['chat', 31],
  ['responses', 29],
  ['messages', 29],
] as const

/** Four hundred tokens at a time, and others on the machine. */
const checkTimeoutMs = 60_000

describe.skipIf(python === undefined)('the card of the bundled model is true', () => {
  let ground: Ground
  beforeAll(async () => {
    const made = await setUpEmbedded()
    if ('missing' in made) throw new Error(made.missing)
    ground = made
    const variant = { model: 'pocket:think', from: 'pocket', template: thinking?.[1] }
    const body = JSON.stringify({ ...variant, stream: false })
    const answer = await fetch(`${ground.engine}/api/create`, { method: 'POST', body })
    expect(await answer.json()).toEqual({ status: 'success' })
    await until('the variant to be seen at the gateway', async () =>
      (await (await fetch(`${ground.gateway}/api/tags`)).text()).includes('pocket:think'),
    )
  })
  afterAll(() => ground.stop())

  for (const [api, promises] of apis) {
    test.each(['engine', 'gateway'] as const)(`by the routes of ${api}: at the %s`, async (at) => {
      const args = ['tools/pocket/check.py', ground[at], '--api', api]
      const line = { command: python ?? 'python3', args }
      const { stdout } = await runToEnd(line, { timeoutMs: checkTimeoutMs })
      expect(stdout.trim()).toBe(`${promises} passed, 0 failed`)
    })
  }
})
