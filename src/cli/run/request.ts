/** What a command line of `run` asks for, checked before anything is sent. */

import { readGoDuration } from '../../core/duration.ts'
import type { OdError } from '../../core/errors/index.ts'
import { usageError } from '../failure.ts'
import { parseObject } from '../ndjson.ts'

/** The fields that every request of this run carries. */
export interface RequestFields {
  readonly model: string
  readonly format?: unknown
  readonly keep_alive?: string
  readonly think?: boolean | string
  readonly options?: Record<string, unknown>
}

/** A checked command line. */
export interface RunRequest {
  readonly fields: RequestFields
  readonly system: string | undefined
  readonly isVerbose: boolean
  readonly hidesThinking: boolean
}

const thinkLevels: ReadonlyMap<string, boolean | string> = new Map<string, boolean | string>([
  ['true', true],
  ['false', false],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['max', 'max'],
])

/** Reads the options of `run`. Throws `OD_CLI_USAGE`. */
export function readRunRequest(
  model: string,
  options: Readonly<Record<string, string | boolean | undefined>>,
): RunRequest {
  const { format, keepAlive, think, system, options: modelOptions } = options
  return {
    fields: {
      model,
      ...(typeof format === 'string' && { format: readFormat(format) }),
      ...(typeof keepAlive === 'string' && { keep_alive: readKeepAlive(keepAlive) }),
      ...(think !== undefined && think !== false && { think: readThink(think) }),
      ...(typeof modelOptions === 'string' && { options: readOptions(modelOptions) }),
    },
    system: typeof system === 'string' ? system : undefined,
    isVerbose: options['verbose'] === true,
    hidesThinking: options['hidethinking'] === true,
  }
}

function readFormat(text: string): unknown {
  if (text === 'json') return text
  const schema = parseObject(text)
  if (schema !== undefined) return schema
  throw wrong('--format', 'json, or a JSON Schema', text)
}

function readKeepAlive(text: string): string {
  const reading = readGoDuration(text)
  if (reading.ok) return text
  throw wrong('--keep-alive', 'a time with its unit, such as 5m, 0s or -1s', text)
}

function readThink(value: string | true): boolean | string {
  const level = value === true ? true : thinkLevels.get(value)
  if (level !== undefined) return level
  throw wrong('--think', `one of ${[...thinkLevels.keys()].join(', ')}`, String(value))
}

function readOptions(text: string): Record<string, unknown> {
  const value = parseObject(text)
  if (value !== undefined) return value
  throw wrong('--options', `a JSON object, such as '{"temperature":0}'`, text)
}

function wrong(flag: string, expected: string, text: string): OdError {
  return usageError(`${flag} is ${JSON.stringify(text)}; expected ${expected}`, 'help run')
}
