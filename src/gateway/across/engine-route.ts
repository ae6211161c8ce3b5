import type { IncomingMessage, ServerResponse } from 'node:http'
import { isDigestText } from '../../core/digest.ts'
import { engineNamePattern } from '../../core/engine.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import { jsonType } from '../answer.ts'
import { gatewayLimits } from '../limits.ts'
import { makePools } from '../pools.ts'
import type { OwnEngines } from '../ports.ts'
import { isChange, isUpload, type Route, routes } from '../routes.ts'
import type { Spool } from '../spool/spool.ts'
import { enginesPath, readNote } from './entry-note.ts'
import { LinkedRequest } from './linked-request.ts'

/** Answers what members ask of engines of this node. */
export interface EngineRoute {
  /** `peer`: the member that asks, as its key has proved. */
  answer(peer: string, request: IncomingMessage, response: ServerResponse): void
  /** Cuts what is left; the answers of a node that stops have had their time before. */
  stop(): Promise<void>
}

export interface EngineRouteOptions {
  /** PeerId of this node. */
  readonly node: string
  /** Engines of this node alone: what comes over a link goes to no third node. */
  readonly engines: OwnEngines
  /** `num_gpu` for requests that do not say it, to engines that are not ours; -1 leaves it to them. */
  readonly gpuLayers: number
  /** Whether members may have engines of this node ask Ollama's cloud, with its account; as for its own clients. */
  readonly acceptsCloud: boolean
  /** Where long bodies lie; the same as that of this node's gateway, since it is one disk. */
  readonly spool: Spool
  readonly log: Log
  readonly clock: Clock
}

/** What a gateway sends to one engine; nothing else of an engine can be reached over a link. */
const sentRoutes: readonly Route[] = routes.filter(
  ({ handling }) => handling.type === 'relay' || isUpload({ handling }) || isChange({ handling }),
)

/** Makes the route below `enginesPath`. */
export function makeEngineRoute(options: EngineRouteOptions): EngineRoute {
  const pools = makePools(gatewayLimits, options.clock)
  return {
    answer(peer, request, response) {
      const target = readEngineTarget(request.url ?? '')
      if (target === undefined) {
        return refuseRequest(request, response, { status: 404, error: 'there is no such route' })
      }
      if (!target.route.methods.includes(request.method ?? '')) {
        return refuseRequest(request, response, { status: 405, error: 'it has no such method' })
      }
      const note = readNote(request.headers)
      if (note === undefined) {
        const error = 'headers of the gateway are missing or wrong'
        return refuseRequest(request, response, { status: 400, error })
      }
      void new LinkedRequest({ ...options, pools, peer, note, target, request, response }).run()
    },
    stop: () => pools.destroy(),
  }
}

/** An engine's name, and what is asked of it. */
export interface EngineTarget {
  readonly engine: string
  readonly route: Route
  readonly path: string
  /** With its question mark. */
  readonly query: string
}

/** Undefined when it is no route below `enginesPath`; nothing is decoded, since a gateway writes it as it stands here. */
function readEngineTarget(url: string): EngineTarget | undefined {
  if (!url.startsWith(`${enginesPath}/`)) return undefined
  const rest = url.slice(enginesPath.length + 1)
  const slash = rest.indexOf('/')
  const engine = rest.slice(0, Math.max(slash, 0))
  if (!engineNamePattern.test(engine)) return undefined
  const mark = rest.indexOf('?')
  const [end, query] = mark < 0 ? [rest.length, ''] : [mark, rest.slice(mark)]
  const path = rest.slice(slash, end)
  const route = sentRoutes.find((one) => isOf(one, path))
  return route === undefined ? undefined : { engine, route, path, query }
}

/** The one part that a path of these leaves open is a digest. */
function isOf(route: Route, path: string): boolean {
  const at = route.path.indexOf(':')
  if (at < 0) return route.path === path
  return path.slice(0, at) === route.path.slice(0, at) && isDigestText(path.slice(at))
}

/** The other node is another version of this program, or not this program. */
function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { status, error }: { readonly status: number; readonly error: string },
): void {
  request.resume()
  response.writeHead(status, ['Content-Type', jsonType])
  response.end(encodeGoJson({ error }))
}
