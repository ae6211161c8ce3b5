import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startTestEngine, type TestEngine } from '../../integration/engine/test-engine.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { embeddingStub } from './embedding-stub.ts'
import { realModels } from './real-models.ts'
import { goldenSuite, type RequiredShare, type SkipRule } from './suite.ts'

const skipRules: readonly SkipRule[] = [
  {
    match:
      /^http\/(two-hosts|bad-host|http20|garbage|lower-http|tls-hello|no-version|expect-unknown|space-in-path|bad-percent|no-slash)$/,
    reason: "odd request lines and hosts get the answers of Node's parser; the gateway has its own",
  },
  {
    match:
      /^http\/(header-(no-colon|space-colon|huge|60k)|bare-lf|length-and-chunked|two-lengths)$/,
    reason: "odd heads get the answers of Node's parser; the gateway has its own",
  },
  {
    match: /^think\/(true|true-stream|low|max|render-on|render-off|generate-default)$/,
    reason: 'the embedded engine has no thinking yet',
  },
  {
    match: /^create\/(from-unreachable|stub-)/,
    reason: 'the embedded engine pulls nothing and makes no stubs of other servers',
  },
  {
    match: /^create\/files-absent-stream-false$/,
    reason: 'no error tells where the store lies',
  },
  {
    match: /^embed\/embed-stub-empty$/,
    reason: "llama.cpp's refusal of a damaged file has words of its own",
  },
]

const inference = 'generate chat embed embeddings names options keepalive format'
const management = 'tags ps show create copy delete blobs root'
const required: RequiredShare = { groups: `${inference} ${management}`.split(' '), share: 0.85 }

/** As the recording was set up, over HTTP. */
async function setUp() {
  const smol = await smollm2()
  if ('missing' in smol) return smol
  const engine = await startTestEngine()
  const weights = await upload(engine, readFileSync(smol.path))
  const stub = await upload(engine, embeddingStub())
  for (const model of realModels) {
    const digest = model['model'] === 'smol-embed' ? stub : weights
    const files = { 'm.gguf': `sha256:${digest}` }
    const source = model['model'] === 'smol-sys' ? { from: 'smol' } : { files }
    const lines = await engine.lines('/api/create', { ...model, ...source })
    if (lines.at(-1)?.['status'] !== 'success') throw new Error(JSON.stringify(lines.at(-1)))
  }
  const models = realModels.map(({ model }) => String(model))
  return { url: engine.url, models, stop: () => engine.stop() }
}

/** The digest under which the engine holds the file, without `sha256:`. */
async function upload({ url }: TestEngine, bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256').update(bytes).digest('hex')
  const body = new Uint8Array(bytes)
  const { status } = await fetch(`${url}/api/blobs/sha256:${digest}`, { method: 'POST', body })
  if (status !== 201) throw new Error(`the file was answered with ${status}`)
  return digest
}

goldenSuite('the embedded engine', setUp, skipRules, required)
