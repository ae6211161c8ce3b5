import { embeddedDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('the embedded engine', embeddedDirectly, { nativeMin: 0.97 })
