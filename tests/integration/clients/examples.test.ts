/** The examples of client libraries, as a user runs them. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { n24, projectDir } from '../../support/n24.ts'
import { runToEnd } from '../../support/node-process.ts'
import { type RunningNode, startRunningNode } from '../node/running-node.ts'

/** A library is read first, and some are large. */
const exampleTimeoutMs = 60_000

describe('an example runs to its end against the bundled model', () => {
  let node: RunningNode
  beforeAll(async () => {
    node = await startRunningNode()
  })
  afterAll(() => node.stop())

  test.each(['openai-tools', 'anthropic-tools', 'ai-sdk-tools'])('%s.mjs', async (name) => {
    const args = [join(projectDir, 'examples', `${name}.mjs`), node.gateway]
    const run = await runToEnd({ command: n24, args }, { timeoutMs: exampleTimeoutMs })
    expect(run).toMatchObject({
      code: 0,
      stdout: 'get_weather is called for Paris\nIt is raining in Paris.\n',
      stderr: '',
    })
  })
})
