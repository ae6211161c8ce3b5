import { fakeLacks, fakeServerLacks } from './lacks.ts'
import { fakeBehindNodes, fakeDirectly } from './subjects.ts'
import { goldenSuite } from './suite.ts'

goldenSuite('the fake Ollama', fakeDirectly, { lacks: [...fakeLacks, ...fakeServerLacks] })
goldenSuite('a gateway of two nodes before fake Ollamas', fakeBehindNodes, { lacks: fakeLacks })
