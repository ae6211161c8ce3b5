import { embeddedLacks } from './lacks.ts'
import { embeddedDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('the embedded engine', embeddedDirectly, { lacks: embeddedLacks })
