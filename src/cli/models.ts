import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { hasPrefix, shortId, sizeText } from './model-columns.ts'
import { objectList, textField } from './ndjson.ts'
import { relativeTime } from './relative-time.ts'
import { renderTable } from './text-table.ts'

/** `models`: what can be asked. Source of the form: Ollama cmd/cmd.go, `ListHandler`. */
export const models: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/tags')
  if (!printJson(call, answer)) {
    call.terminal.print(modelsTable(answer, call.operands[0] ?? '', call.clock.wallMs()))
  }
  return exitCodes.ok
}

/** The table of `/api/tags`: those whose names begin with `prefix`, whatever the case of its letters. */
export function modelsTable(answer: ApiObject, prefix: string, nowMs: number): string {
  const shown = objectList(answer, 'models').filter((model) => hasPrefix(model, prefix))
  const refusals = shown.some((model) => isRefused(model, nowMs)) ? ['NOT LOADED UNTIL'] : []
  const rows = shown.map((model) => [
    textField(model, 'name'),
    shortId(model),
    textField(model, 'remote_model') === '' ? sizeText(model) : '-',
    relativeTime(textField(model, 'modified_at'), nowMs),
    ...refusals.map(() =>
      isRefused(model, nowMs) ? relativeTime(textField(model, 'refused_until'), nowMs) : '-',
    ),
  ])
  return renderTable(['NAME', 'ID', 'SIZE', 'MODIFIED', ...refusals], rows)
}

/** True for one that an engine does not load for a while, because it ended its runners. */
function isRefused(model: ApiObject, nowMs: number): boolean {
  return Date.parse(textField(model, 'refused_until')) > nowMs
}
