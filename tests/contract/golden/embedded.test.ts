import { startTestEngine } from '../../integration/engine/test-engine.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { storeModels } from './store-models.ts'
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
  const models = await storeModels(engine.url, smol.path)
  return { url: engine.url, models, stop: () => engine.stop() }
}

goldenSuite('the embedded engine', setUp, skipRules, required)
