/** One line that shows how far a blob is. Pure. */
import { formatByteSize } from '../core/byte-size.ts'
import type { ApiObject } from './gateway-client.ts'
import { numberField, textField } from './ndjson.ts'

/** Characters of the bar. */
const barCharacters = 24

/** Rates are over so long: shorter ones jump, longer ones lag. */
const rateOverMs = 5_000

/** Keeps what is needed to tell rate and time left. */
export class TransferLine {
  #digest = ''
  #seen: { readonly atMs: number; readonly bytes: number }[] = []

  /** The line for an object of progress; its status alone when it is about no blob. */
  textOf(object: ApiObject, nowMs: number): string {
    const status = textField(object, 'status')
    const total = numberField(object, 'total') ?? 0
    if (total <= 0) return status
    const completed = Math.min(numberField(object, 'completed') ?? 0, total)
    const digest = textField(object, 'digest')
    if (digest !== this.#digest) this.#seen = []
    this.#digest = digest
    this.#seen = this.#seen.filter(({ atMs }) => nowMs - atMs <= rateOverMs)
    this.#seen.push({ atMs: nowMs, bytes: completed })
    const share = completed / total
    const full = Math.floor(share * barCharacters)
    const bar = `${'█'.repeat(full)}${' '.repeat(barCharacters - full)}`
    const sizes = `${formatByteSize(completed)}/${formatByteSize(total)}`
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    return `${status} ${percent} ▕${bar}▏ ${sizes}${this.#pace(total - completed)}`
  }

  #pace(leftBytes: number): string {
    const [first] = this.#seen
    const last = this.#seen.at(-1)
    if (first === undefined || last === undefined || leftBytes === 0) return ''
    const perSecond = ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
    if (!Number.isFinite(perSecond) || perSecond <= 0) return ''
    return ` ${formatByteSize(Math.round(perSecond))}/s ${durationText(leftBytes / perSecond)}`
  }
}

/** `9s`, `3m05s`, `2h03m`. */
function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}m${two(whole % 60)}s`
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`
}
