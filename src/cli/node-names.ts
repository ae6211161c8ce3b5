import type { GatewayClient } from './gateway-client.ts'
import { objectList, textField } from './ndjson.ts'

/** Names of nodes for people, by their ids; an id without a name stands for itself. */
export type NodeNames = ReadonlyMap<string, string>

/** Of all nodes that the gateway knows; none where it is an Ollama. A name that two have tells nobody apart and is left out. */
export async function readNodeNames(gateway: GatewayClient): Promise<NodeNames> {
  const answer = await gateway.get('/api/v1/nodes').catch(() => ({}))
  const nodes = objectList(answer, 'nodes').map(
    (node) => [textField(node, 'id'), textField(node, 'name')] as const,
  )
  const isOnly = (name: string) => nodes.filter(([, other]) => other === name).length === 1
  return new Map(nodes.filter(([, name]) => name !== '' && isOnly(name)))
}

/** An engine's id with the name of its node: `embedded@desk`. */
export function engineText(id: string, names: NodeNames): string {
  const at = id.indexOf('@')
  return at < 0 ? id : `${id.slice(0, at)}@${names.get(id.slice(at + 1)) ?? id.slice(at + 1)}`
}
