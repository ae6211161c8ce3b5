/** `push` through the gateway of a whole node: its embedded engine sends a model to Debian's registry. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { type Registry, registryProgram, startRegistry } from '../../support/registry/registry.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { User } from './command-line.ts'

const hasRegistry = registryProgram() !== undefined
let registry: Registry
let node: NodeProcess
let user: User
let model: string

beforeAll(async () => {
  if (!hasRegistry) return
  ;[registry, node, user] = await Promise.all([startRegistry(), startNode(), User.create()])
  model = `${registry.host}/ns/pocket`
  const copied = await user.run(['cp', 'pocket', model, '--host', node.gateway])
  expect(copied.code).toBe(0)
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  await Promise.all([registry?.stop(), user?.remove()])
})

const push = (...args: readonly string[]) => [
  'push',
  model,
  '--insecure',
  '--host',
  node.gateway,
  ...args,
]

test.skipIf(!hasRegistry)(
  'S-038 (part: one node): a model is pushed through the gateway and pulled elsewhere; a pipe gets the end alone',
  async () => {
    const { code, stdout, stderr } = await user.run(push())
    expect([code, stdout, stderr]).toEqual([0, `pushed ${model}\n`, ''])
    const { models } = (await (await fetch(`${node.gateway}/api/tags`)).json()) as {
      models: { name: string; digest: string }[]
    }
    const own = models.find(({ name }) => name === `${model}:latest`)
    const elsewhere = await startTestPuller()
    await elsewhere.pull(model)
    expect(await elsewhere.digestOf(registry.host, 'ns/pocket')).toBe(own?.digest)
  },
)

test.skipIf(!hasRegistry)(
  '--json prints the lines of the API; what fails ends with 1 and says why',
  async () => {
    const { stdout } = await user.run(push('--json'))
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: string })
    expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual([
      { status: 'retrieving manifest' },
      { status: 'pushing manifest' },
      { status: 'success' },
    ])
    const plain = push().filter((arg) => arg !== '--insecure')
    const failed = await user.run(plain)
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain(`Head "https://${registry.host}/v2/ns/pocket/blobs/`)
  },
)
