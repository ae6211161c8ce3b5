/** The recording against what it was made from, and against the gateway before that. */
import { realBehindNodes, realDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('a real Ollama', realDirectly)
goldenSuite('a gateway of two nodes before real Ollamas', realBehindNodes)
