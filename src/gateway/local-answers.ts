import { encodeGoJson } from '../wire/go-json/index.ts'
import { modelsOnWire } from '../wire/openai/models.ts'
import { type Answer, jsonType, textType } from './answer.ts'
import { answerStatus } from './cloud.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import { lowestVersion, unionLoaded, unionTags } from './lists.ts'
import { findOpenAiModel } from './openai-models.ts'
import type { Handling } from './routes.ts'
import type { Match as AnyMatch } from './target.ts'
import { noEngineError, requireEngine } from './waiting.ts'

/**
 * What the gateway answers without relaying. Lists and the version wait for an engine that starts and throw
 * OD_EDGE_NO_ENGINE when there is none: an empty list would be a statement that nobody can make then.
 */
export async function answerLocally(
  exchange: Exchange,
  { handling, parameters }: { handling: LocalHandling; parameters: RouteMatch['parameters'] },
  context: GatewayContext,
): Promise<Answer> {
  const { engines, management, nodeId } = context
  if (handling.type === 'answer' && handling.answer === 'liveness') {
    return wantsPage(exchange) ? management.page() : liveness
  }
  if (handling.type === 'answer' && handling.answer === 'status') {
    return answerStatus(exchange, context)
  }
  await requireEngine(exchange, context)
  await engines.refresh(0) // who just loaded or made a model must see it
  const all = engines.listings()
  const running = all.filter(({ state }) => state === 'running')
  if (handling.type === 'list') {
    if (handling.list === 'ps') {
      return json(unionLoaded(running, { nodeId, namesPlaces: all.length > 1 })) // one engine: as that engine says it
    }
    const tags = unionTags(running)
    if (handling.list === 'tags') return json(tags)
    return openAiJson(
      handling.list === 'models'
        ? modelsOnWire(tags.models)
        : findOpenAiModel(tags.models, parameters['model'] ?? ''),
    )
  }
  const version = lowestVersion(running)
  if (version === undefined) throw noEngineError(context.engines.list())
  return json({ version })
}

type LocalHandling = Extract<Handling, { type: 'list' | 'answer' }>
type RouteMatch = Extract<AnyMatch, { type: 'route' }>

/** Ollama's own words, on which clients look for a living server. */
const liveness: Answer = { status: 200, contentType: textType, body: 'Ollama is running' }

/** A browser that opens the address gets a page; what only says that it takes anything does not. */
function wantsPage({ request }: Exchange): boolean {
  return request.method === 'GET' && request.headers.accept?.includes('text/html') === true
}

function json(value: object): Answer {
  return { status: 200, contentType: jsonType, body: encodeGoJson(value), isStreamed: true }
}

/** As Ollama's translation writes what a handler gave it: without a charset, and with a newline. */
function openAiJson(value: object): Answer {
  return { status: 200, contentType: 'application/json', body: `${encodeGoJson(value)}\n` }
}
