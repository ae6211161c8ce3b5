/** Checks 3 and 4: does the node answer, and does it have every route that is promised? */
import { objectField, objectList, parseObject, textField } from '../ndjson.ts'
import { ask } from '../question.ts'
import type { Finding } from './check.ts'
import type { Ground } from './ground.ts'
import { guideEndpoints } from './guide-endpoints.ts'

/** Check 3: a node of ours answers at the gateway's address, and the members of its cluster are all there. */
export async function checkNode({ gateway }: Ground): Promise<Finding> {
  const reply = await ask(`${gateway}/api/v1/integration/status`)
  const answer = reply.type === 'answer' ? parseObject(reply.text) : undefined
  const node = answer === undefined ? '' : textField(answer, 'node')
  if (answer !== undefined && node !== '') {
    const text = `node ${node}, version ${textField(answer, 'version')}, at ${gateway}`
    return await lookAtMembers(gateway, text)
  }
  const why =
    reply.type === 'silence' ? reply.reason : `what answers there is no node (${reply.status})`
  return {
    isPassed: false,
    text: `no node at ${gateway}: ${why}`,
    hint: 'Start one with `ollama-distributed start`.',
  }
}

/** A member that is away is no fault of this node, and still none of a platform that is whole. */
async function lookAtMembers(
  gateway: string,
  alone: string,
): Promise<Pick<Finding, 'isPassed' | 'hint'> & { readonly text: string }> {
  const reply = await ask(`${gateway}/api/v1/nodes`)
  const answer = reply.type === 'answer' ? parseObject(reply.text) : undefined
  const members = objectList(answer ?? {}, 'nodes').filter(
    (node) => textField(node, 'state') !== 'waiting',
  )
  if (members.length <= 1) return { isPassed: true, text: alone }
  const away = members.filter((node) => textField(node, 'state') !== 'alive')
  const text = `${alone}, with ${members.length - 1} more in its cluster`
  if (away.length === 0) return { isPassed: true, text }
  const names = away.map((node) => `${textField(node, 'name')} is ${textField(node, 'state')}`)
  return {
    isPassed: false,
    text: `${text}, of which ${names.join(', ')}`,
    hint: 'Start it again, or take it out with `ollama-distributed nodes remove`.',
  }
}

interface Promised {
  readonly method: string
  readonly path: string
}

/** Check 4: every endpoint of the guide that is built, and every route of the node's own document. Nothing is changed. */
export async function checkApi({ gateway }: Ground): Promise<Finding> {
  const documented = await documentedRoutes(gateway)
  if (documented === undefined) {
    return {
      isPassed: false,
      text: `${gateway}/api/v1/openapi.json gives no document`,
      hint: 'Compare the versions with `ollama-distributed version`: the node may be older than this program.',
    }
  }
  const built = guideEndpoints.filter(({ isBuilt }) => isBuilt)
  const missing: string[] = []
  const promised = new Map<string, Promised>()
  for (const route of [...built, ...documented])
    promised.set(`${route.method} ${route.path}`, route)
  for (const [name, route] of promised) {
    if (!(await isThere(gateway, route))) missing.push(name)
  }
  const notAvailable = guideEndpoints
    .filter(({ isBuilt }) => !isBuilt)
    .map(({ method, path }) => `${method} ${path}`)
  if (missing.length === 0) {
    return { isPassed: true, text: `all ${promised.size} routes answer`, notAvailable }
  }
  return {
    isPassed: false,
    text: `missing: ${missing.join(', ')}`,
    hint: 'Compare the versions with `ollama-distributed version`; a proxy in between may hide paths.',
    notAvailable,
  }
}

async function documentedRoutes(gateway: string): Promise<Promised[] | undefined> {
  const reply = await ask(`${gateway}/api/v1/openapi.json`)
  const document = reply.type === 'answer' ? parseObject(reply.text) : undefined
  if (document === undefined || !('paths' in document)) return undefined
  const paths = objectField(document, 'paths')
  return Object.keys(paths).flatMap((path) =>
    Object.keys(objectField(paths, path)).map((method) => ({ method: method.toUpperCase(), path })),
  )
}

/**
 * A method that no route has: where there is a route it is refused with the methods that there are, so that even a delete
 * can be looked for. What is read is asked for as well, unless it streams, names something, or measures for seconds.
 */
async function isThere(gateway: string, { method, path }: Promised): Promise<boolean> {
  const url = `${gateway}${path.replaceAll(/\{\w+\}/g, 'any')}`
  const probe = await ask(url, { method: 'PATCH' })
  const allowed = probe.type === 'answer' ? (probe.headers['allow'] ?? '') : ''
  if (!allowed.split(/, ?/).includes(method)) return false
  if (method !== 'GET' || !isQuick(path)) return true
  const reply = await ask(url)
  return reply.type === 'answer' && reply.status === 200 && parseObject(reply.text) !== undefined
}

function isQuick(path: string): boolean {
  return !path.includes('{') && path !== '/api/v1/events' && path !== '/api/v1/node'
}
