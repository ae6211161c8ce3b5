/**
 * Turns an answer into lines that two servers with the same behaviour share. Kept: status, content type, framing, error
 * texts, headers that matter, keys and their order, the shape of a stream and its end. Placeholders stand for what differs from run to run
 * (times, durations, counts other than zero, generated text) or with the weights (sizes, digests, details of the file).
 */
import { headerOf, type RawAnswer } from '../../support/raw-http.ts'
import { eventLines } from './normalise-events.ts'
import { maskedOpenai } from './normalise-openai.ts'

export interface Seen extends RawAnswer {
  /** Whether something came before the body was sent. */
  readonly early?: 'bytes' | 'closed' | 'open'
  /** The connection afterwards. */
  readonly after?: 'bytes' | 'closed' | 'open'
  readonly more?: readonly Seen[]
}

export interface Comparison {
  readonly isExact?: boolean
  readonly names?: readonly string[]
}

/** Go buffers so much to learn an answer's length; beyond it the answer goes out chunked. */
const lengthKnownBytesMax = 2048

/** Besides type and length; of the rest of a head nothing is said by Ollama. */
const comparedHeaders = [
  'allow',
  'location',
  'vary',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
  'cache-control',
  'connection',
]

/** The lines that are compared. */
export function normalise(seen: Seen, comparison: Comparison): string[] {
  if (seen.status === 0) return ['closed without an answer']
  const type = headerOf(seen, 'content-type') ?? 'none'
  const lines = [`status ${seen.status}`, `type ${type}`]
  if (seen.version !== 'HTTP/1.1') lines.push(`version ${seen.version}`)
  for (const name of comparedHeaders) {
    const values = seen.headers.filter(([key]) => key.toLowerCase() === name)
    if (values.length > 0) lines.push(`${name} ${values.map(([, value]) => value).join(', ')}`)
  }
  if (seen.interim.length > 0) lines.push(`interim ${seen.interim.join(' ')}`)
  if (seen.early !== undefined) lines.push(`before the body: ${seen.early}`)
  if (seen.after !== undefined) lines.push(`connection afterwards: ${seen.after}`)
  if (!seen.isWhole) lines.push('cut short')
  lines.push(`framing ${framingOf(seen, type)}`, ...bodyLines(seen.body, type, comparison))
  const more = (seen.more ?? []).flatMap((next, at) =>
    normalise(next, comparison).map((line) => `next ${at + 1}: ${line}`),
  )
  return [...lines, ...more]
}

function framingOf({ framing, body }: Seen, type: string): string {
  const bySize = body.length > lengthKnownBytesMax ? 'chunked' : 'length'
  const isWhole = type.includes('json') && !type.includes('ndjson') && body.length > 0
  return isWhole && framing === bySize ? 'by size' : framing
}

function bodyLines(body: Buffer, type: string, comparison: Comparison): string[] {
  const text = body.toString('utf8')
  if (text === '') return ['body empty']
  if (type.includes('ndjson')) return streamLines(text, comparison)
  if (type.includes('event-stream')) {
    const walk = new Walk(comparison.isExact ?? false, true)
    return eventLines(text, (value) => walk.lines(value))
  }
  if (!type.includes('json')) return [`text ${JSON.stringify(text)}`]
  const value = parse(text)
  if (value === undefined) return [`not JSON ${JSON.stringify(text.slice(0, 80))}`]
  const chosen = comparison.names === undefined ? value : onlyNamed(value, comparison.names)
  return [...new Walk(comparison.isExact ?? false, false).lines(chosen), endOf(text)]
}

/** Objects of a stream; equal neighbours count once, so that the number of tokens does not matter. */
function streamLines(text: string, comparison: Comparison): string[] {
  const objects = text.replace(/\n$/, '').split('\n')
  const blocks: string[] = []
  let finals = 0
  for (const line of objects) {
    const value = parse(line)
    const walked = new Walk(comparison.isExact ?? false, true).lines(value)
    const block =
      value === undefined ? `not JSON ${JSON.stringify(line.slice(0, 80))}` : walked.join('\n')
    if (walked.includes('.done = true')) finals++
    if (blocks.at(-1) !== block) blocks.push(block)
  }
  const numbered = blocks.flatMap((block, at) =>
    block.split('\n').map((line) => `object ${at}${line}`),
  )
  return [...numbered, `final objects ${finals}`, endOf(text)]
}

function endOf(text: string): string {
  return text.endsWith('\n') ? 'ends with a newline' : 'ends without a newline'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function onlyNamed(value: unknown, names: readonly string[]): unknown {
  const { models, data, ...rest } = value as {
    models?: { name: string }[]
    data?: { id: string }[]
  }
  const listed = (name: string) =>
    models?.find((one) => one.name === name) ?? data?.find((one) => one.id === name) ?? null
  return { models: names.map(listed), ...rest }
}

const durations = /^(total|load|prompt_eval|eval)_duration$/
const counts = /^(prompt_eval|eval)_count$/
const generated = /^(response|content|thinking|token)$/
/** Of the weights, not of the server. */
const ofTheFile = /^(parent_model|family|parameter_size|quantization_level|families)$/
const timeStamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
/** A folder in front of the store's own. */
const folder = /(?<![\w:/])(?:[A-Za-z]:)?\/[^\s"'\\<>]*?(?=\/(?:blobs|manifests)(?:\/|\b))/g

/** Walks a JSON value in the order of its keys. */
class Walk {
  readonly #isExact: boolean
  readonly #isStream: boolean

  constructor(isExact: boolean, isStream: boolean) {
    this.#isExact = isExact
    this.#isStream = isStream
  }

  lines(value: unknown, path = '', key = ''): string[] {
    const masked = this.#masked(value, key) ?? maskedOpenai(value, key, this.#isStream)
    if (masked !== undefined) return [`${path} = ${masked}`]
    if (Array.isArray(value)) {
      if (value.length === 0) return [`${path} = []`]
      return value.flatMap((item, at) => this.lines(item, `${path}[${at}]`, key))
    }
    if (typeof value !== 'object' || value === null)
      return [`${path} = ${this.#scalar(value, key)}`]
    const pairs = Object.entries(value).filter(([name]) => !isAccidental(value, name))
    if (pairs.length === 0) return [`${path} = {}`]
    return pairs.flatMap(([name, item]) => this.lines(item, `${path}.${name}`, name))
  }

  #masked(value: unknown, key: string): string | undefined {
    if (key === 'model_info') return typeof value === 'object' ? '<object>' : undefined
    if (key === 'tensors' && Array.isArray(value)) return `<list of ${keysOf(value[0])}>`
    if (key === 'bytes' && Array.isArray(value)) return '<bytes>'
    if (key === 'context' && Array.isArray(value))
      return value.every(Number.isInteger) ? '<ints>' : undefined
    if (key === 'families' && Array.isArray(value)) return '<list>'
    if (/^embeddings?$/.test(key) && isShortVector(value)) return `<${value.length} numbers>`
    if (Array.isArray(value) && value.length > 8 && value.every((x) => typeof x === 'number')) {
      const length = Math.hypot(...value)
      return Math.abs(length - 1) < 1e-3 ? '<vector of length one>' : '<vector>'
    }
    return undefined
  }

  #scalar(value: unknown, key: string): string {
    if (typeof value === 'number') return numberLine(value, key)
    if (typeof value !== 'string') return JSON.stringify(value)
    if (key.endsWith('_at') && timeStamp.test(value)) return timeLine(value, key)
    if (key === 'digest' && /^[0-9a-f]{64}$/.test(value)) return '<hex64>'
    if (ofTheFile.test(key)) return value === '' ? '""' : '<text>'
    if (key === 'version') return '<text>'
    if (generated.test(key) && !this.#isExact && (this.#isStream || value !== '')) return '<text>'
    if (key === 'parameters') return JSON.stringify(value.split('\n').sort().join('\n'))
    return JSON.stringify(cleaned(key === 'modelfile' ? sortedParameters(value) : value))
  }
}

function isShortVector(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 8) return false
  return value.every((item) => typeof item === 'number')
}

/** With one token the time may be exactly zero, and Go leaves zeros out. */
function isAccidental(object: object, name: string): boolean {
  const { eval_count: tokens = 0, done_reason: reason } = object as Record<string, unknown>
  return name === 'eval_duration' && reason !== undefined && Number(tokens) <= 1
}

function numberLine(value: number, key: string): string {
  if (durations.test(key) || counts.test(key) || key === 'size' || key === 'size_vram') {
    return value !== 0 && Number.isInteger(value) ? '<int>' : String(value)
  }
  return key === 'logprob' ? '<number>' : String(value)
}

function timeLine(value: string, key: string): string {
  if (key === 'created_at') return value.endsWith('Z') ? '<time Z>' : '<time with offset>'
  return key === 'expires_at' && value > '2200' ? '<far future>' : '<time>'
}

function keysOf(value: unknown): string {
  return value === undefined ? 'nothing' : `{${Object.keys(value as object).join(' ')}}`
}

/** The store's folder and the names of blobs belong to the machine and the weights. */
function cleaned(text: string): string {
  return text.replace(folder, '<dir>').replace(/sha256-[0-9a-f]{64}/g, 'sha256-<hex64>')
}

/** The order of parameters is random in the original. */
function sortedParameters(modelfile: string): string {
  const lines = modelfile.split('\n')
  const isParameter = (line: string) => line.startsWith('PARAMETER ')
  const first = lines.findIndex(isParameter)
  const sorted = lines.filter(isParameter).sort()
  const rest = lines.filter((line) => !isParameter(line))
  return [...rest.slice(0, first), ...sorted, ...rest.slice(first)].join('\n')
}
