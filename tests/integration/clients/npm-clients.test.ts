/** The client libraries of the npm registry, unmodified, pointed at a gateway whose model another node has. */
import { setUpFake, setUpReal } from './ground.ts'
import { npmClients } from './npm-clients.ts'
import { clientSuite } from './suite.ts'

clientSuite(
  'S-057 (part: npm clients): two nodes, the fake Ollama on the other',
  setUpFake,
  npmClients,
)
clientSuite(
  'S-057 (part: npm clients): two nodes, a real Ollama on the other',
  setUpReal,
  npmClients,
)
