import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { encodeGoJson } from '../wire/go-json/index.ts'
import { isCloudName } from '../wire/ollama/model-source.ts'
import { remoteHostUrl } from '../wire/ollama/remote-host.ts'
import { peekCreate } from '../wire/peek-create.ts'
import { type Answer, jsonType } from './answer.ts'
import { askEngine } from './collected.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import { requestHeaders } from './headers.ts'
import type { Route } from './routes.ts'
import { ownEngines } from './waiting.ts'
import type { Wish } from './wish.ts'

/**
 * What goes to ollama.com goes there with the account of one machine, whoever asked. So it is refused, in the words of an Ollama
 * whose cloud is switched off, unless `gateway.accept_cloud` says otherwise; then one engine of this node does all of it: the
 * first Ollama in the list, which is the one whose account the owner of the node signed in.
 */

/**
 * Which engines may do what has to do with models elsewhere; undefined where a request has not. One that names a model of the cloud is
 * for the engine that asks there. A name that stands for such a model may be made at any engine that never asks elsewhere, where
 * using it is refused. Throws OD_CLOUD_DISABLED where none may.
 */
export function findCloudAnswerers(
  route: Route,
  wish: Wish,
  policy: CloudPolicy,
): ((engine: Pick<EngineView, 'id'>) => boolean) | undefined {
  const isStub = makesStub(route, wish)
  if (!isStub && !namesCloud(route, wish)) return undefined
  const harmless = policy.engines.list().filter(({ kind }) => kind === 'embedded')
  if (isStub && chosenEngine(policy) === undefined && harmless.length > 0) {
    return ({ id }) => harmless.some((engine) => engine.id === id)
  }
  return requireCloud(missingIn(route), policy)
}

function namesCloud({ handling: { type } }: Route, { name = '' }: Wish): boolean {
  return (type === 'relay' || type === 'pull' || type === 'push') && isCloudName(name)
}

/** A host that is none is the engine's to refuse. */
function makesStub({ handling }: Route, { json }: Wish): boolean {
  if (handling.type !== 'create' || json === undefined) return false
  const { from = '', remoteHost } = peekCreate(json)
  if (remoteHost === undefined) return isCloudName(from)
  return remoteHost === '' || remoteHostUrl(remoteHost) !== undefined
}

/** What a node has said about the cloud, and the engines that it may have ask there. */
interface CloudPolicy {
  readonly acceptsCloud: boolean
  readonly engines: Pick<GatewayContext['engines'], 'list'>
}

/** The test for the one engine that asks the cloud. Throws OD_CLOUD_DISABLED; `what` is missing then, in Ollama's words. */
export function requireCloud(
  what: string,
  policy: CloudPolicy,
): (engine: Pick<EngineView, 'id'>) => boolean {
  const chosen = chosenEngine(policy)
  if (chosen === undefined) throw new OdError('OD_CLOUD_DISABLED', { what })
  return ({ id }) => id === chosen.id
}

function chosenEngine(policy: CloudPolicy): EngineView | undefined {
  return policy.acceptsCloud ? cloudEngine(policy) : undefined
}

/** What a route lacks without the cloud. */
export function missingIn({ handling }: Route): string {
  const isLook = handling.type === 'relay' && handling.use === 'show'
  return isLook ? 'remote model details are unavailable' : 'remote model is unavailable'
}

/** Our own engine has no cloud. */
function cloudEngine(policy: CloudPolicy): EngineView | undefined {
  return ownEngines(policy).find(({ kind }) => kind !== 'embedded')
}

/**
 * `GET /api/status`: what the engine that would ask the cloud says of it, or that it is switched off where this gateway refuses
 * what the engine would do. Source: Ollama server/routes.go, `StatusHandler`.
 */
export async function answerStatus(exchange: Exchange, context: GatewayContext): Promise<Answer> {
  const isRunning = ({ state }: EngineView) => state === 'running'
  const engine = cloudEngine(context) ?? ownEngines(context).find(isRunning)
  const said = engine === undefined ? undefined : await askStatus(engine, exchange, context)
  const passes = said !== undefined && (context.acceptsCloud || saysDisabled(said))
  const body = passes ? said : encodeGoJson({ cloud: { disabled: true, source: 'config' } })
  return { status: 200, contentType: jsonType, body }
}

/** Undefined when it does not say it, or not in time. */
async function askStatus(
  engine: EngineView,
  exchange: Exchange,
  context: GatewayContext,
): Promise<string | undefined> {
  const late = new AbortController()
  const cancel = context.clock.after(context.limits.blobQuestionMs, () => late.abort())
  const headers = requestHeaders(exchange.request.rawHeaders)
  const request = { method: 'GET', path: '/api/status', headers, body: new Uint8Array() }
  const collected = await askEngine(exchange, { engine, request }, context, late.signal)
  cancel()
  if (collected.type !== 'answered' || collected.answer.status !== 200) return undefined
  return collected.answer.body.toString()
}

function saysDisabled(body: string): boolean {
  return /"disabled":\s*true/.test(body)
}
