/** The client libraries of the Python package index, as `npm-clients.test.ts` has those of npm. */
import { setUpFake, setUpReal } from './ground.ts'
import { pythonClient } from './python-client.ts'
import { clientSuite } from './suite.ts'

const clients = [
  pythonClient('PyPI ollama', 'ollama_calls'),
  pythonClient('PyPI openai', 'openai_calls', ['transcribe']),
]

clientSuite(
  'S-057 (part: Python clients): two nodes, the fake Ollama on the other',
  setUpFake,
  clients,
)
clientSuite(
  'S-057 (part: Python clients): two nodes, a real Ollama on the other',
  setUpReal,
  clients,
)
