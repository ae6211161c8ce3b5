/** The same libraries with nothing but Node: the model is the bundled one, on the embedded engine of another node. */
import { anthropicNpm, anthropicWithForms } from './anthropic-npm.ts'
import { setUpEmbedded } from './ground.ts'
import { npmClients } from './npm-clients.ts'
import { pythonClients } from './python-client.ts'
import { clientSuite } from './suite.ts'

clientSuite(
  'S-057 (part: clients of the embedded engine): two nodes, the embedded engine on the other',
  setUpEmbedded,
  [
    ...npmClients.map((client) => (client === anthropicNpm ? anthropicWithForms : client)),
    ...pythonClients,
  ],
)
