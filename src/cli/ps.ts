import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { hasPrefix, shortId, sizeText } from './model-columns.ts'
import { numberField, objectList, textField } from './ndjson.ts'
import { type NodeNames, readNodeNames } from './node-names.ts'
import { relativeTime } from './relative-time.ts'
import { renderTable } from './text-table.ts'

/** `ps`: what is in memory. Source of the form: Ollama cmd/cmd.go, `ListRunningHandler`. */
export const ps: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/ps')
  if (!printJson(call, answer)) {
    const names = await readNodeNames(gateway)
    call.terminal.print(loadedTable(answer, call.operands[0] ?? '', call.clock.wallMs(), names))
  }
  return exitCodes.ok
}

/** The table of `/api/ps`; an Ollama does not say engine and node, and then these columns are absent. */
export function loadedTable(
  answer: ApiObject,
  prefix: string,
  nowMs: number,
  names: NodeNames = new Map(),
): string {
  const loaded = objectList(answer, 'models').filter((model) => hasPrefix(model, prefix))
  const places = ['engine', 'node'].filter((place) => loaded.some((model) => place in model))
  const rows = loaded.map((model) => [
    textField(model, 'name'),
    shortId(model),
    sizeText(model),
    processorText(model),
    String(numberField(model, 'context_length') ?? '-'),
    untilText(textField(model, 'expires_at'), nowMs),
    ...places.map((place) => placeText(textField(model, place), names)),
  ])
  const headings = ['NAME', 'ID', 'SIZE', 'PROCESSOR', 'CONTEXT', 'UNTIL']
  return renderTable([...headings, ...places.map((place) => place.toUpperCase())], rows)
}

function placeText(place: string, names: NodeNames): string {
  return place === '' ? '-' : (names.get(place) ?? place)
}

/** How much of it lies in the GPU's memory. */
function processorText(model: ApiObject): string {
  const size = numberField(model, 'size') ?? 0
  const vram = numberField(model, 'size_vram') ?? 0
  if (vram === 0) return '100% CPU'
  if (vram === size) return '100% GPU'
  if (vram > size) return 'Unknown'
  const cpuPercent = Math.round(((size - vram) / size) * 100)
  return `${cpuPercent}%/${100 - cpuPercent}% CPU/GPU`
}

function untilText(expiresAt: string, nowMs: number): string {
  return Date.parse(expiresAt) < nowMs ? 'Stopping...' : relativeTime(expiresAt, nowMs)
}
