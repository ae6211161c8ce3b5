import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { runToEnd } from '../../support/node-process.ts'
import { startRunningNode } from './running-node.ts'

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path))

describe('the card of the bundled model', () => {
  test.skipIf(python === undefined)(
    'is true: everything in its group "chat" is answered through the gateway',
    async () => {
      const node = await startRunningNode()
      const args = ['tools/pocket/check.py', node.gateway, '--only', 'chat']
      const check = await runToEnd({ command: python ?? 'python3', args })
      expect(check.stdout.trim().split('\n').at(-1)).toBe('24 passed, 0 failed')
      await node.stop()
    },
  )
})
