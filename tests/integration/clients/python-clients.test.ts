/** The client libraries of the Python package index, as `npm-clients.test.ts` has those of npm. */
import { setUpFake, setUpReal } from './ground.ts'
import { pythonClients } from './python-client.ts'
import { clientSuite } from './suite.ts'

clientSuite(
  'S-057 (part: Python clients): two nodes, the fake Ollama on the other',
  setUpFake,
  pythonClients,
)
clientSuite(
  'S-057 (part: Python clients): two nodes, a real Ollama on the other',
  setUpReal,
  pythonClients,
)
