import { embeddedBehindNodes } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('a gateway of two nodes before the embedded engine', embeddedBehindNodes)
