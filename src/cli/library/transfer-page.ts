/** What a terminal shows of a long action on models: a line for each step, and a bar for each file. Pure but for its own state. */
import { formatByteSize } from '../../core/byte-size.ts'
import type { ApiObject } from '../gateway-client.ts'
import { numberField, textField } from '../ndjson.ts'
import { withoutControls } from '../terminal.ts'
import { TransferRate } from './transfer-rate.ts'

/** Narrower terminals get no bar, only figures. */
const barMin = 10
const barMax = 60

/** Lines beyond these cannot be redrawn on a terminal of usual height; the newest are shown. */
const linesMax = 20

interface Row {
  readonly text: string
  totalBytes?: number
  completedBytes: number
  readonly rate: TransferRate
}

/** The lines of Ollama's progress, folded: one row for each file and for each step that is not about one. */
export class TransferPage {
  readonly #rows = new Map<string, Row>()

  /** Takes in one line of progress: `status`, and for files `digest`, `total` and `completed`. */
  add(line: ApiObject, nowMs: number): void {
    const status = withoutControls(textField(line, 'status'))
    if (status === '') return
    const key = textField(line, 'digest') || status
    const row = this.#rows.get(key) ?? {
      text: status,
      completedBytes: 0,
      rate: new TransferRate(),
    }
    this.#rows.set(key, row)
    const total = numberField(line, 'total')
    if (total === undefined) return
    row.totalBytes = total
    row.completedBytes = Math.min(numberField(line, 'completed') ?? 0, total)
    row.rate.add(row.completedBytes, nowMs)
  }

  /** As many lines as fit, each at most `columns` wide. */
  lines(columns: number): string[] {
    const rows = [...this.#rows.values()].slice(-linesMax)
    return rows.map((row) => rowText(row, columns).slice(0, columns))
  }
}

/** Source of the form: Ollama progress/bar.go. */
function rowText({ text, totalBytes, completedBytes, rate }: Row, columns: number): string {
  if (totalBytes === undefined) return text
  const share = totalBytes === 0 ? 1 : completedBytes / totalBytes
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  const isDone = completedBytes === totalBytes
  const size = formatByteSize(totalBytes)
  const figures = isDone
    ? size.padStart(9)
    : `${formatByteSize(completedBytes)}/${size} ${speedText(rate, totalBytes - completedBytes)}`
  const room = columns - text.length - percent.length - figures.length - 7
  if (room < barMin) return `${text}: ${percent} ${figures}`.trimEnd()
  const width = Math.min(room, barMax)
  const bar = '█'.repeat(Math.round(share * width)).padEnd(width)
  return `${text}: ${percent} ▕${bar}▏ ${figures}`.trimEnd()
}

function speedText(rate: TransferRate, leftBytes: number): string {
  const speed = rate.bytesPerSecond()
  if (speed === undefined) return ''
  return `${formatByteSize(Math.round(speed))}/s ${timeText(leftBytes / speed)}`
}

/** `8s`, `3m12s`, `2h5m`: as much as helps to decide whether to wait. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${whole % 60}s`
  return `${Math.floor(whole / 3_600)}h${Math.floor((whole % 3_600) / 60)}m`
}
