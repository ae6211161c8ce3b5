import { embeddedLacks } from './lacks.ts'
import { embeddedDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

const inference =
  'generate chat embed embeddings names options keepalive format think tools logprobs'
const management = 'tags ps show create copy delete blobs root'
const translated =
  'v1-chat v1-completions v1-embeddings v1-models v1-messages v1-responses v1-other'
const required = [inference + ' ' + management, translated].map((groups) => ({
  groups: groups.split(' '),
  share: 0.95,
}))

goldenSuite('the embedded engine', embeddedDirectly, { lacks: embeddedLacks, required })
