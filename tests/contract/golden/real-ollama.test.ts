/** The recording against what it was made from, and against the gateway before that. */
import { writeFile } from 'node:fs/promises'
import { smollm2 } from '../../smollm2/weights.ts'
import { startNode } from '../../support/node-process.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { storeModels } from './store-models.ts'
import { type GoldenSubject, goldenSuite, type SkipRule } from './suite.ts'

type SetUp = GoldenSubject | { readonly missing: string }

/** It shows that the suite compares rightly, and what another version of Ollama changes. */
async function setUpOllama(): Promise<SetUp> {
  if (realBinary === undefined) return { missing: 'needs OLLAMA_BIN' }
  const smol = await smollm2()
  if ('missing' in smol) return smol
  const environment = { OLLAMA_NO_CLOUD: '1', TZ: 'UTC' } // as it was recorded
  const { url, stop } = await serveRealOllama(realBinary, { environment })
  return { url, models: await storeModels(url, smol.path), stop }
}

/** A node that has no other engine. */
async function setUpGateway(): Promise<SetUp> {
  const ollama = await setUpOllama()
  if ('missing' in ollama) return ollama
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, 'integration:\n  process_manager:\n    auto_start: false\n')
  const { port } = new URL(ollama.url)
  const args = ['--ollama-port', port, '--config', file]
  const node = await startNode({ dataDir: directory.path, args })
  return {
    url: node.gateway,
    models: ollama.models,
    async stop() {
      await node.stop()
      await node[Symbol.asyncDispose]()
      await ollama.stop()
      await directory.remove()
    },
  }
}

const skipRules: readonly SkipRule[] = [
  {
    match:
      /^http\/(two-hosts|bad-host|http20|no-version|garbage|lower-http|tls-hello|header-(no-colon|space-colon)|bare-lf|space-in-path|bad-percent|no-slash|length-and-chunked|two-lengths)$/,
    reason: "what is no HTTP is refused by Node's parser, in the gateway's own words",
  },
  { match: /^http\/header-(huge|60k)$/, reason: 'the gateway takes 16 KiB of header fields' },
  {
    match: /^http\/lead-double-slash$/,
    reason: 'the gateway answers at once what Ollama redirects',
  },
  {
    match: /^(tags\/(after-copy|namespaced|hosted)|create\/stub-tags)$/,
    reason: 'the joined list comes with its length, however long it is',
  },
  {
    match:
      /^ps\/(alias-name|second-alias|num-ctx|num-ctx-tiny|upper-case-load|after-cancelled-stream|embed-loads)$/,
    reason: 'the joined list names node and engine as well',
  },
  { match: /^root\/(status|websearch-off|webfetch-)/, reason: 'the gateway offers no cloud' },
  {
    match: /^create\/files-bad-digest$/,
    reason: 'what would be a path in an old Ollama is refused before it gets there',
  },
]

goldenSuite('a real Ollama', setUpOllama)
goldenSuite('the gateway before a real Ollama', setUpGateway, skipRules)
