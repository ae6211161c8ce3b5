import { formatDurationMs } from '../../core/duration.ts'
import { numberField } from '../ndjson.ts'

/**
 * What the server measured of an answer, in the words of `ollama run --verbose`; what the last object of the answer lacks
 * is left out. Source: Ollama api/types.go, `Metrics.Summary`.
 */
export function countersText(last: Record<string, unknown>): string {
  const lines = [
    duration('total duration', last, 'total_duration'),
    duration('load duration', last, 'load_duration'),
    ...counted('prompt eval', last, 'prompt_eval'),
    ...counted('eval', last, 'eval'),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function counted(label: string, last: Record<string, unknown>, field: string): string[] {
  const count = numberField(last, `${field}_count`) ?? 0
  const durationNs = numberField(last, `${field}_duration`) ?? 0
  const rate = count / (durationNs / 1e9)
  return [
    count > 0 ? line(`${label} count`, `${count} token(s)`) : '',
    duration(`${label} duration`, last, `${field}_duration`),
    durationNs > 0 ? line(`${label} rate`, `${rate.toFixed(2)} tokens/s`) : '',
  ]
}

function duration(label: string, last: Record<string, unknown>, field: string): string {
  const ns = numberField(last, field) ?? 0
  return ns > 0 ? line(label, formatDurationMs(ns / 1e6)) : ''
}

function line(label: string, value: string): string {
  return `${`${label}:`.padEnd(21)} ${value}`
}
