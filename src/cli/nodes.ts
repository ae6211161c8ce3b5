/** The nodes of the cluster: a list, one of them, and what is done with them. */
import type { Call, CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { numberField, objectField, objectList, textField, textList } from './ndjson.ts'
import { relativeTime } from './relative-time.ts'
import { renderColumns, renderTable } from './text-table.ts'

/** Lines about nodes that are none of this cluster. */
const nearbyMax = 5

/** `nodes list`. */
export const nodesList: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/v1/nodes')
  if (!printJson(call, answer)) {
    call.terminal.print(nodeTable(objectList(answer, 'nodes'), call.clock.wallMs()))
    const nearby = objectList(answer, 'nearby')
    if (nearby.length > 0) call.terminal.note(nearbyText(nearby))
  }
  return exitCodes.ok
}

/** `nodes show`. */
export const nodesShow: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get(pathOf(call))
  if (!printJson(call, answer)) call.terminal.print(nodePage(answer, call.clock.wallMs()))
  return exitCodes.ok
}

/** `nodes approve`. */
export const nodesApprove: CommandHandler = act('approve', 'is a member now')
/** `nodes reject`. */
export const nodesReject: CommandHandler = act('reject', 'was turned away')
/** `nodes drain`. */
export const nodesDrain: CommandHandler = act('drain', 'gets no new requests from other nodes')
/** `nodes undrain`. */
export const nodesUndrain: CommandHandler = act('undrain', 'gets requests again')

/** `nodes remove`. */
export const nodesRemove: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.delete(pathOf(call))
  if (!printJson(call, answer)) call.terminal.print(`removed ${call.operands[0]}`)
  return exitCodes.ok
}

/** `nodes label`: `key=value` sets, `key=` takes away. */
export const nodesLabel: CommandHandler = async (call) => {
  const [, words = ''] = call.operands
  const labels: Record<string, string> = {}
  for (const word of words.split(' ')) {
    const at = word.indexOf('=')
    if (at < 1)
      throw usageError(`a label is KEY=VALUE, not ${JSON.stringify(word)}`, 'help nodes label')
    labels[word.slice(0, at)] = word.slice(at + 1)
  }
  const gateway = await openGateway(call)
  const answer = await gateway.put(`${pathOf(call)}/labels`, { labels })
  if (!printJson(call, answer)) call.terminal.print(`${call.operands[0]}: ${labelText(answer)}`)
  return exitCodes.ok
}

function act(action: string, done: string): CommandHandler {
  return async (call) => {
    const gateway = await openGateway(call)
    const answer = await gateway.post(`${pathOf(call)}/${action}`)
    if (!printJson(call, answer)) call.terminal.print(`${call.operands[0]} ${done}`)
    return exitCodes.ok
  }
}

function pathOf({ operands }: Call): string {
  return `/api/v1/nodes/${encodeURIComponent(operands[0] ?? '')}`
}

function nodeTable(nodes: readonly ApiObject[], nowMs: number): string {
  const rows = nodes.map((node) => [
    `${textField(node, 'name')}${node['self'] === true ? ' (this one)' : ''}`,
    node['draining'] === true ? `${textField(node, 'state')}, draining` : textField(node, 'state'),
    textField(node, 'role'),
    String(objectList(node, 'engines').length),
    textField(node, 'version') || '-',
    node['self'] === true ? 'now' : heard(node, nowMs),
    textField(node, 'id'),
  ])
  return renderTable(['NODE', 'STATE', 'ROLE', 'ENGINES', 'VERSION', 'HEARD', 'ID'], rows)
}

function nearbyText(nearby: readonly ApiObject[]): string {
  const shown = nearby.slice(0, nearbyMax).map((node) => {
    return `  ${textField(node, 'name')}  ${textList(node, 'addresses')[0] ?? textField(node, 'id')}`
  })
  const more = nearby.length > nearbyMax ? [`  and ${nearby.length - nearbyMax} more`] : []
  return [
    'In the local network, not in this cluster (`ollama-distributed join` there joins it):',
    ...shown,
    ...more,
  ].join('\n')
}

function nodePage(node: ApiObject, nowMs: number): string {
  const capacity = objectField(node, 'capacity')
  const memory = numberField(capacity, 'memoryBytes')
  const facts = [
    ['node', textField(node, 'name')],
    ['id', textField(node, 'id')],
    ['state', textField(node, 'state')],
    ['draining', node['draining'] === true ? 'yes' : ''],
    ['role', textField(node, 'role')],
    ['labels', labelText(node)],
    ['version', textField(node, 'version')],
    ['started', relative(textField(node, 'startedAt'), nowMs)],
    ['heard', node['self'] === true ? 'now' : heard(node, nowMs)],
    ['joined', relative(textField(node, 'joinedAt'), nowMs)],
    ['gateway', textField(node, 'gateway')],
    ['cores', String(numberField(capacity, 'cores') ?? '')],
    ['memory', memory === undefined ? '' : `${(memory / 2 ** 30).toFixed(1)} GiB`],
    ...textList(node, 'addresses').map((address) => ['peer', address]),
    ...objectList(node, 'engines').map((engine) => ['engine', engineText(engine)]),
  ].filter(([, value]) => value !== '')
  return renderColumns(facts)
}

function engineText(engine: ApiObject): string {
  const models = textList(engine, 'models').join(', ') || 'no models'
  return `${textField(engine, 'id')}, ${textField(engine, 'state')}: ${models}`
}

function labelText(node: ApiObject): string {
  const all = Object.entries(objectField(node, 'labels'))
  return all.map(([key, value]) => `${key}=${String(value)}`).join(' ')
}

function heard(node: ApiObject, nowMs: number): string {
  return relative(textField(node, 'lastHeard'), nowMs) || '-'
}

function relative(at: string, nowMs: number): string {
  return at === '' ? '' : relativeTime(at, nowMs)
}
