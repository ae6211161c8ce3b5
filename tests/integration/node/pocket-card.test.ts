import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { runToEnd } from '../../support/node-process.ts'
import { startRunningNode } from './running-node.ts'

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path))

/** The template of the variant that thinks, which the card speaks of and whoever wants it makes. */
const thinking = /TEMPLATE """([^]*?)"""/.exec(
  readFileSync('assets/pocket/Modelfile.think', 'utf8'),
)

describe('the card of the bundled model', () => {
  test.skipIf(python === undefined)(
    'is true: chat, tools, thinking, infill and embeddings are answered through the gateway',
    async () => {
      const node = await startRunningNode()
      const variant = { model: 'pocket:think', from: 'pocket', template: thinking?.[1] }
      const body = JSON.stringify({ ...variant, stream: false })
      const made = await fetch(`${node.gateway}/api/create`, { method: 'POST', body })
      expect(await made.json()).toEqual({ status: 'success' })
      const args = ['tools/pocket/check.py', node.gateway]
      const check = await runToEnd({ command: python ?? 'python3', args })
      expect(check.stdout.trim()).toBe('31 passed, 0 failed')
      await node.stop()
    },
  )
})
