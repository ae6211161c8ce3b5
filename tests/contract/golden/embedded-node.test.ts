import { embeddedBehindNode } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('a node with the embedded engine alone', embeddedBehindNode, { nativeMin: 0.97 })
