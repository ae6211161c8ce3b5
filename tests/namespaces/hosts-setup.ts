/** Real nodes, each on a host of its own before an engine of its own that alone has a model. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { startFakeOllama } from '../support/fake-ollama/start.ts'
import { type Host, makeNetwork, type Network } from '../support/hosts/index.ts'
import { n24 } from '../support/n24.ts'
import { type NodeProcess, productLine, runToEnd, startNode } from '../support/node-process.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'

export interface HostNode {
  readonly host: Host
  readonly process: NodeProcess
  /** The model that only its engine has. */
  readonly model: string
  /** Its address, with its id. */
  readonly peer: string
  /** Runs a command of the product beside it. */
  run(args: readonly string[]): Promise<string>
}

/** Starts an engine and a node on the host; `args`: of its command line, `start` when there are none. */
export async function startOn(
  host: Host,
  name: string,
  args: readonly string[] = ['start'],
): Promise<HostNode> {
  const model = `model-${name}`
  const fakeOptions = { models: [{ name: model }], answerTokens: 3, parallel: 64 }
  const fake = await startFakeOllama(fakeOptions, host.prefix)
  onTestFinished(() => fake.stop())
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(
    file,
    `engines: { remote: { engine: "${fake.url}" } }\nintegration: { process_manager: { auto_start: false } }\n`,
  )
  const [verb = '', ...rest] = args
  const place = ['--data-dir', directory.path, '--config', file, '--name', name]
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '4001']
  const process = await startNode({
    dataDir: directory.path,
    env: { OLLAMA_DISTRIBUTED_DISCOVERY: 'true' },
    command: at(host, productLine([verb, ...place, ...ports, ...rest])),
  })
  onTestFinished(() => process[Symbol.asyncDispose]())
  const [, peer = ''] = await process.saw(/^Peer +(\S+)$/m)
  return {
    host,
    process,
    model,
    peer,
    async run(command) {
      const line = at(host, productLine([...command, '--data-dir', directory.path]))
      const [program, ...others] = line
      const { stdout, stderr, code } = await runToEnd({ command: program, args: others })
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}`)
      return stdout
    },
  }
}

export async function tokenOf(node: HostNode, uses = 1): Promise<string> {
  const created = await node.run(['token', 'create', '--uses', String(uses), '--json'])
  return z.looseObject({ token: z.string() }).parse(JSON.parse(created)).token
}

/** Resolves with the id of the node that served it, once the gateway of `node` has an answer from the model. */
export async function untilServed(node: HostNode, model: string): Promise<string> {
  const script = fileURLToPath(new URL('../support/hosts/ask-process.ts', import.meta.url))
  const [program, ...args] = at(node.host, [n24, script, node.process.gateway, model])
  const { stdout } = await runToEnd({ command: program, args }, { timeoutMs: 60_000 })
  return stdout.trim()
}

/** The command line, to be run on that host. */
export function at(host: Host, line: readonly string[]): [program: string, ...args: string[]] {
  const [program = '', ...args] = [...host.prefix, ...line]
  return [program, ...args]
}

/** So many hosts, for one test. */
export function networkOf(count: number): Network {
  const made = makeNetwork(count)
  onTestFinished(() => made.remove())
  return made
}

export const idOf = ({ peer }: HostNode): string | undefined => peer.split('/').at(-1)

/** Whether an address leads by way of another node. */
export const isCircuit = (address: string): boolean => address.includes('/p2p-circuit/')

/** Where `asked` says that the node of this name is. */
export async function addressesOf(asked: HostNode, name: string): Promise<readonly string[]> {
  const shown = JSON.parse(await asked.run(['nodes', 'show', name, '--json']))
  return z.looseObject({ addresses: z.array(z.string()) }).parse(shown).addresses
}
