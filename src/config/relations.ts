import { isLoopback, isSameHost, readOllamaHost } from '../core/ollama-host.ts'
import { type Problem, quoted, sourceText } from './problem.ts'
import type { Resolution } from './resolve.ts'
import { type Key, rowOf } from './table.ts'

/** What must hold between settings. A relation with a broken key is not looked at: it would only repeat the fault. */
export function checkRelations(resolution: Resolution): readonly Problem[] {
  return relations
    .filter(({ keys }) => keys.every((key) => !resolution.broken.has(key)))
    .flatMap(({ check }) => check(resolution) ?? [])
}

interface Relation {
  readonly keys: readonly Key[]
  readonly check: (resolution: Resolution) => Problem | undefined
}

const gatewayPort = 'integration.api_gateway.port'

const relations: readonly Relation[] = [
  { keys: ['gateway.listen', 'gateway.accept_open'], check: openness },
  { keys: ['ollama.environment', 'ollama.host', 'ollama.port'], check: ollamaHost },
  { keys: ['engines.remote', 'engines.managed'], check: engineNames },
  portsDiffer(gatewayPort, 'ollama.port'),
  portsDiffer(gatewayPort, 'links.port'),
  portsDiffer('ollama.port', 'links.port'),
]

/** Nobody opens a node to others without saying so: there are no keys in this version. */
function openness({ of }: Resolution): Problem | undefined {
  const { value, source } = of('gateway.listen')
  if (isLoopback(value) || of('gateway.accept_open').value) return undefined
  const danger = `gateway.listen ${value} lets other machines use this node without a key`
  const choice = 'add --accept-open (in a file: gateway.accept_open: true) to accept that'
  return { source, text: `${danger}; ${choice}, or listen at 127.0.0.1` }
}

/** The variable reaches the engine, so it must not send it elsewhere than where this node looks for it. */
function ollamaHost({ of }: Resolution): Problem | undefined {
  const environment = of('ollama.environment')
  const given = environment.value['OLLAMA_HOST']
  if (given === undefined) return undefined
  const [host, port] = [of('ollama.host'), of('ollama.port')]
  const wanted = readOllamaHost(given)
  if (isSameHost(wanted.host, host.value) && wanted.port === port.value) return undefined
  const line = environment.entryLines?.get('OLLAMA_HOST')
  const { source } = environment
  const address = `ollama.host is ${host.value} (${sourceText(host.source)})`
  const portText = `ollama.port is ${port.value} (${sourceText(port.source)})`
  const text = `ollama.environment.OLLAMA_HOST is "${quoted(given)}", but ${address} and ${portText}`
  return {
    source: source.type === 'file' && line !== undefined ? { ...source, line } : source,
    text: `${text}; make them agree or leave OLLAMA_HOST out`,
  }
}

/** One name is one engine. */
function engineNames({ of }: Resolution): Problem | undefined {
  const [remote, managed] = [of('engines.remote'), of('engines.managed')]
  const both = Object.keys(managed.value).find((name) => Object.hasOwn(remote.value, name))
  if (both === undefined) return undefined
  const line = managed.entryLines?.get(both)
  const { source } = managed
  return {
    source: source.type === 'file' && line !== undefined ? { ...source, line } : source,
    text: `engines.managed and engines.remote both have ${quoted(both)}; give one another name`,
  }
}

type PortKey = 'ollama.port' | 'links.port' | typeof gatewayPort

/** Two listeners of one node on one port: the second would fail, and which one that is would be chance. */
function portsDiffer(first: PortKey, second: PortKey): Relation {
  return {
    keys: [first, second, 'integration.enabled'],
    check({ of }) {
      const [one, other] = [of(first), of(second)]
      if (one.value === 0 || one.value !== other.value) return undefined
      const touchesOllama = first === 'ollama.port' || second === 'ollama.port'
      if (touchesOllama && !of('integration.enabled').value) return undefined
      const [key, { source }] = other.source.type === 'default' ? [first, one] : [second, other]
      const clash = `${first} and ${second} are both ${one.value}`
      const example = `${rowOf(key).flag?.name} ${one.value + 1}`
      return { source, text: `${clash}; choose another, for example ${example}` }
    },
  }
}
