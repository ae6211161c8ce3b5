import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { goldenModels } from './models.ts'
import { goldenSuite, type SkipRule } from './suite.ts'

const skipRules: readonly SkipRule[] = [
  {
    match: /^http\/(header-space-colon|bare-lf|length-and-chunked)$/,
    reason: 'the parser of Node, on which the fake stands, is stricter or says less',
  },
  {
    match: /^generate\/truncate-long$/,
    reason: 'that the answer is empty was the whim of a real model',
  },
  { match: /^format\/bad-schema$/, reason: 'the fake has no grammars' },
  { match: /^(create|blobs)\//, reason: 'the fake has no files and makes no models' },
  {
    match: /^logprobs\/(generate|chat)-(stream|top-(0|2|20))$/,
    reason: 'the fake makes no probabilities',
  },
  { match: /^root\/(status|websearch-off|webfetch)/, reason: 'the fake does not speak of a cloud' },
]

async function setUp() {
  const { url, stop } = await startFakeOllama({ models: goldenModels })
  return { url, models: goldenModels.map(({ name }) => name), stop }
}

goldenSuite('the fake Ollama', setUp, skipRules)
