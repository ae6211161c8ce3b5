import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startTestEngine } from '../../integration/engine/test-engine.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { realModels } from './real-models.ts'
import { goldenSuite, type SkipRule } from './suite.ts'

const skipRules: readonly SkipRule[] = [
  {
    match: /^http\/(tags-slash-query|tags-head-slash|lead-double-slash|show-slash)$/,
    reason: 'the engine answers 404 or the page itself where Go redirects to the tidy path',
  },
  {
    match: /^http\/(dot-segment|dotdot-segment|expect-unknown|bad-host)$/,
    reason: 'same refusal or redirect, other text or framing; the gateway in front has its own',
  },
  {
    match:
      /^http\/(two-hosts|http20|no-version|garbage|lower-http|tls-hello|space-in-path|bad-percent)$/,
    reason: "broken request lines and hosts get the answers of Node's parser",
  },
  {
    match:
      /^http\/(no-slash|header-(no-colon|space-colon|huge|60k)|bare-lf|length-and-chunked|two-lengths)$/,
    reason: "broken heads get the answers of Node's parser",
  },
  {
    match: /^think\/(true|true-stream|low|max|render-on|render-off|generate-default)$/,
    reason: 'the embedded engine has no thinking yet',
  },
  {
    match: /^format\/bad-string-stream$/,
    reason:
      'the refusal names its charset and length, and is one answer where Ollama opens a stream',
  },
  {
    match: /^generate\/duplicate-options$/,
    reason: 'of two "options" the later counts; Go merges them',
  },
]

/** As the recording was set up, over HTTP. Without SmolLM2 the bundled model stands in: nothing compared depends on it. */
async function setUp() {
  const engine = await startTestEngine()
  const weights = await smollm2()
  const bytes = readFileSync('path' in weights ? weights.path : 'assets/pocket/pocket.gguf')
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const url = `${engine.url}/api/blobs/${digest}`
  const { status } = await fetch(url, { method: 'POST', body: new Uint8Array(bytes) })
  if (status !== 201) throw new Error(`the weights were answered with ${status}`)
  for (const model of realModels) {
    const from = model['model'] === 'smol-sys' ? { from: 'smol' } : { files: { 'm.gguf': digest } }
    const lines = await engine.lines('/api/create', { ...model, ...from })
    if (lines.at(-1)?.['status'] !== 'success') throw new Error(JSON.stringify(lines.at(-1)))
  }
  const models = realModels.map(({ model }) => String(model))
  return { url: engine.url, models, stop: () => engine.stop() }
}

goldenSuite('the embedded engine', setUp, skipRules)
