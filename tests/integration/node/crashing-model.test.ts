/** A model that ends its runner at each load, on two nodes that have it: what a gateway of theirs makes of it. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { writeRandomModel } from '../../../tools/random-gguf/random-model.ts'
import { type NodeProcess, productLine, startNode } from '../../support/node-process.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { withTwins } from '../engine/damage/changed-texts.ts'

const runFile = promisify(execFile)
const run = async (...args: readonly string[]) => {
  const [command, ...rest] = productLine(args)
  return (await runFile(command, rest)).stdout
}

async function startTwo(): Promise<readonly [NodeProcess, NodeProcess]> {
  const first = await startNode({ args: ['--link-listen', '127.0.0.1'] })
  onTestFinished(() => first[Symbol.asyncDispose]())
  const [, peer = ''] = await first.saw(/^Peer +(\S+)$/m)
  const created = await run('token', 'create', '--json', '--data-dir', first.dataDir)
  const { token } = JSON.parse(created) as { token: string }
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  const places = ['--data-dir', directory.path, '--link-listen', '127.0.0.1']
  const joining = ['--peer', peer, '--token', token]
  const command = productLine(['join', ...places, ...ports, ...joining])
  const second = await startNode({ dataDir: directory.path, command })
  onTestFinished(() => second[Symbol.asyncDispose]())
  return [first, second]
}

/** How often its engine's log says that a runner ended in a load. */
function crashesOf({ dataDir }: NodeProcess): number {
  const log = readFileSync(join(dataDir, 'logs', 'engine-embedded.log'), 'utf8')
  return log.split('"runner.load-failed"').length - 1
}

/** Status of an answer, its error, and which node gave it. */
async function ask({ gateway }: NodeProcess, model: string) {
  const body = JSON.stringify({ model, prompt: 'What does a horse say?', stream: false })
  const answer = await fetch(`${gateway}/api/generate`, { method: 'POST', body })
  const { error = '' } = (await answer.json()) as { error?: string }
  return { status: answer.status, error, node: answer.headers.get('x-od-node') }
}

interface Report {
  readonly models: readonly { readonly name: string; readonly holders: readonly string[] }[]
}

test('A-111 (part: each node for itself): behind a gateway two nodes lose three runners each and no more; both go on serving others', async () => {
  const nodes = await startTwo()
  const [first, second] = nodes
  const folder = await makeTemporaryDirectory()
  onTestFinished(() => folder.remove())
  const [weights, archive] = [folder.inside('twins.gguf'), folder.inside('twins.tar')]
  writeRandomModel(weights, { layers: 2, width: 64, contextTokens: 256 })
  writeFileSync(weights, withTwins(readFileSync(weights)))
  await run('models', 'import', weights, '--name', 'twins', '--host', first.gateway)
  await run('models', 'export', 'twins', archive, '--host', first.gateway)
  for (const { gateway } of nodes) await run('models', 'import', archive, '--host', gateway)
  for (const { gateway } of nodes) {
    await until('both to be known to have both models', async () => {
      const { models } = (await (await fetch(`${gateway}/api/v1/models`)).json()) as Report
      return ['twins:latest', 'pocket:latest'].every((wanted) =>
        models.some(({ name, holders }) => name === wanted && holders.length === 2),
      )
    })
  }
  const last = { twins: '', pocket: new Set<string | null>() }
  for (let i = 0; i < 12; i++) {
    const asked = nodes[i % 2] ?? first
    const refused = await ask(asked, 'twins')
    expect(refused.status).toBeGreaterThanOrEqual(500)
    last.twins = refused.error
    const answered = await ask(asked, 'pocket')
    expect(answered).toMatchObject({ status: 200, error: '' })
    last.pocket.add(answered.node)
  }
  expect(last.twins).toMatch(/^the model is not loaded for another \d+ s: /)
  expect([crashesOf(first), crashesOf(second)]).toEqual([3, 3])
  expect(await run('models', '--host', first.gateway)).toMatch(/NOT LOADED UNTIL/)
}, 90_000)
