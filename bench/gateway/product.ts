/** Nodes of the product in a benchmark, each before one engine that is not its own. */
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { productLine, runProduct, startNode } from '../../tests/support/node-process.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import type { Listening } from './processes.ts'

export interface Product extends Listening {
  readonly origin: string
  /** What another one is started with, so that the two are one cluster. */
  invite(): Promise<readonly string[]>
}

/**
 * Starts the product as a user would, in front of an Ollama on that port; what it starts by itself is switched off. So
 * many requests may be at the engine: those that wait would be measured as slow. `invitation`: of another.
 */
export async function startProduct(
  ollamaPort: number,
  slots: number,
  invitation: readonly string[] = [],
): Promise<Product> {
  const directory = await makeTemporaryDirectory()
  const config = directory.inside('ollama-distributed.yaml')
  const ownEngine = 'integration:\n  process_manager:\n    auto_start: false\n'
  await writeFile(config, `ollama:\n  max_concurrent: ${slots}\n${ownEngine}`)
  const place = ['--data-dir', directory.path, '--config', config]
  const ports = ['--port', '0', '--ollama-port', String(ollamaPort), '--link-port', '0']
  const verb = invitation.length === 0 ? 'start' : 'join'
  const line = [verb, ...place, ...ports, '--link-listen', '127.0.0.1', ...invitation]
  const node = await startNode({ dataDir: directory.path, command: productLine(line) })
  return {
    pid: node.runFile.pid,
    port: Number(new URL(node.gateway).port),
    origin: node.gateway,
    async invite() {
      const [, peer = ''] = await node.saw(/^Peer +(\S+)$/m)
      const ask = ['token', 'create', '--json', '--data-dir', directory.path]
      const { stdout } = await runProduct(ask, { timeoutMs: 30_000 })
      const { token } = z.looseObject({ token: z.string() }).parse(JSON.parse(stdout))
      return ['--peer', peer, '--token', token]
    },
    async stop() {
      await node.stop()
      await directory.remove()
    },
  }
}
