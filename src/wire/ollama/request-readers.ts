import { readGoDuration } from '../../core/duration.ts'
import { decodeBase64 } from '../base64.ts'
import {
  anything,
  goQuote,
  goTypeOf,
  type JsonObject,
  type JsonValue,
  type Reader,
  readNested,
  selfReading,
} from '../go-json/index.ts'
import type { KeepAlive, Think } from './request-types.ts'

/** Types of Ollama's API that read themselves, each with the sentences it refuses with. Source: Ollama api/types.go. */

/** A picture or a sound: standard base64 without a `data:` prefix. */
export const imageData: Reader<Uint8Array> = {
  zero: new Uint8Array(),
  nullResets: true,
  read(node, reading) {
    if (node.kind !== 'string') {
      reading.misfit(node.kind, 'api.ImageData')
      return this.zero
    }
    const decoded = decodeBase64(node.value)
    if (decoded.ok) return decoded.bytes
    reading.note(`illegal base64 data at input byte ${decoded.badAt}`)
    return this.zero
  },
}

/** Seconds as a number, or a Go duration as text; below zero means for ever (ollama-api §2.3). */
export const keepAlive: Reader<KeepAlive | undefined> = {
  zero: undefined,
  nullResets: true,
  read(node, reading) {
    const value = readNested(anything, node, reading)
    if (typeof value === 'number') {
      const ns = Math.trunc(value * 1e9) // whole nanoseconds, as Go keeps them
      return value < 0 || ns >= 2 ** 63 ? Infinity : ns / 1e6
    }
    if (typeof value !== 'string') {
      return reading.abort(`Unsupported type: '${goTypeOf(value)}'`, 'OD_KEEP_ALIVE_INVALID')
    }
    const duration = readGoDuration(value)
    if (!duration.ok) return reading.abort(duration.reason, 'OD_KEEP_ALIVE_INVALID')
    return duration.ms < 0 ? Infinity : duration.ms
  },
}

const thinkLevels = ['high', 'medium', 'low', 'max'] as const
const thinkForms = '"high", "medium", "low", "max", true, or false'

/** A boolean or one of the four levels. */
export const think: Reader<Think | undefined> = {
  zero: undefined,
  nullResets: true,
  read(node, reading) {
    if (node.kind === 'bool') return node.value
    if (node.kind !== 'string') {
      return reading.abort(`think must be a boolean or string (${thinkForms})`)
    }
    const level = thinkLevels.find((known) => known === node.value)
    if (level !== undefined) return level
    return reading.abort(`invalid think value: ${goQuote(node.value)} (must be ${thinkForms})`)
  },
}

/**
 * A JSON object whose keys keep their order (those that look like array indices excepted: JavaScript sorts them to the
 * front). Its refusal is that of the package Ollama uses (buger/jsonparser).
 */
export function orderedMap<T extends JsonValue>(
  reader: Reader<T>,
): Reader<{ readonly [key: string]: T }> {
  return selfReading({
    zero: {},
    nullResets: false,
    read(node, reading) {
      if (node.kind !== 'object') {
        return reading.abort("Value looks like object, but can't find closing '}' symbol")
      }
      const map: Record<string, T> = Object.create(null)
      for (const { key, value } of node.members) {
        map[key] = value.kind === 'null' ? reader.zero : readNested(reader, value, reading)
      }
      return map
    },
  })
}

/**
 * The reader's object without the members that Go leaves out (`omitempty`): empty texts and lists among `names`, and
 * `null` among `nullable`, which may be anything else.
 */
export function withoutEmpty<T extends object>(
  reader: Reader<T>,
  names: readonly (keyof T)[],
  nullable: readonly (keyof T)[] = [],
): Reader<JsonObject> {
  const drop = (object: T) =>
    Object.fromEntries(
      Object.entries(object).filter(
        ([key, value]) =>
          !(names.includes(key as keyof T) && value.length === 0) &&
          !(nullable.includes(key as keyof T) && value === null),
      ),
    )
  return {
    ...reader,
    zero: drop(reader.zero),
    read: (node, reading) => drop(reader.read(node, reading)),
  }
}
