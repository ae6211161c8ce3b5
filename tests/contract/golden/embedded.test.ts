import { embeddedLacks } from './lacks.ts'
import { embeddedBehindNodes, embeddedDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

const inference = 'generate chat embed embeddings names options keepalive format'
const management = 'tags ps show create copy delete blobs root'
const required = { groups: `${inference} ${management}`.split(' '), share: 0.9 }

goldenSuite('the embedded engine', embeddedDirectly, { lacks: embeddedLacks, required })
goldenSuite('a gateway of two nodes before the embedded engine', embeddedBehindNodes, {
  lacks: embeddedLacks,
})
