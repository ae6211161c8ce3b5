import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import type { FoundGateway } from './find-gateway.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { numberField, objectList, textField, textList } from './ndjson.ts'
import { relativeTime } from './relative-time.ts'
import { renderColumns, renderTable } from './text-table.ts'

/** `status`: the node and its engines, out of one snapshot that the node took for this answer. */
export const status: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/v1/integration/status')
  if (!printJson(call, answer))
    call.terminal.print(statusPage(answer, gateway, call.clock.wallMs()))
  return exitCodes.ok
}

/** The page of `/api/v1/integration/status`; what was not measured is a dash. */
export function statusPage(
  answer: ApiObject,
  { url, node }: Pick<FoundGateway, 'url' | 'node'>,
  nowMs: number,
): string {
  const started = textField(answer, 'startedAt')
  const facts = [
    ['node', textField(answer, 'name')],
    ['id', textField(answer, 'node')],
    ['status', textField(answer, 'status')],
    ['version', textField(answer, 'version')],
    ['pid', node === undefined ? '' : String(node.pid)],
    ['started', started === '' ? '' : `${relativeTime(started, nowMs)} (${started})`],
    ['address', [url, ...textList(answer, 'addresses').filter((one) => one !== url)].join(', ')],
  ]
  const known = facts.filter(([, value]) => value !== '')
  return `${renderColumns(known)}\n\n${engineTable(objectList(answer, 'instances'), nowMs)}`
}

/** The table of `/api/v1/instances`. */
export function engineTable(engines: readonly ApiObject[], nowMs: number): string {
  const rows = engines.map((engine) => [
    textField(engine, 'id'),
    textField(engine, 'kind'),
    textField(engine, 'state'),
    relativeTime(textField(engine, 'since'), nowMs),
    textList(engine, 'loadedModels').join(', ') || '-',
    String(numberField(engine, 'activeRequests') ?? '-'),
    String(numberField(engine, 'queuedRequests') ?? '-'),
    textField(engine, 'url'),
  ])
  const head = ['ENGINE', 'KIND', 'STATE', 'SINCE', 'LOADED', 'ACTIVE', 'QUEUED', 'ADDRESS']
  return renderTable(head, rows)
}
