import { type ErrorCode, OdError } from '../../core/errors/index.ts'
import type { JsonNode } from './node.ts'
import { decodeFirstValue } from './parse.ts'

/**
 * Reading nodes into typed values the way Go reads JSON into structs, with Go's error texts, which Ollama hands to its
 * clients. Source: Go encoding/json decode.go.
 */

/** How one Go type is read. */
export interface Reader<T> {
  /** What the value is when it never came. */
  readonly zero: T
  /** `null` puts the zero value back (pointers, slices, maps) instead of changing nothing (strings, numbers, structs). */
  readonly nullResets: boolean
  /** `null` is given to `read`, as Go gives it to a type that reads itself. */
  readonly takesNull?: boolean
  /**
   * Never called with a null node unless `takesNull`. `before` is what an earlier key of the same name gave: Go adds to maps
   * and replaces everything else.
   */
  read(node: JsonNode, reading: Reading, before?: T): T
}

/** Why a value could not be read: a sentence of its own, or a value that does not fit the Go type at its place. */
type Failure =
  | { readonly kind: 'text'; readonly text: string; readonly code: ErrorCode }
  | {
      readonly kind: 'type'
      readonly value: string
      readonly goType: string
      readonly struct: string
      readonly path: readonly string[]
    }

/** Ends the reading at once, as an error of a type that reads itself does in Go. */
class Abort extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super('reading aborted')
    this.failure = failure
  }
}

/** Where a reading is, and the first thing that did not fit: Go reads on after it and reports it at the end. */
export class Reading {
  readonly bytes: Uint8Array
  struct = ''
  readonly path: string[] = []
  saved: Failure | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Notes that `value` (Go's word for what came) does not fit `goType`. */
  misfit(value: string, goType: string): void {
    const { struct, path } = this
    this.saved ??= { kind: 'type', value, goType, struct, path: [...path] }
  }

  /** Notes a failure that has a sentence of its own. */
  note(text: string): void {
    this.saved ??= { kind: 'text', text, code: 'OD_BODY_MALFORMED' }
  }

  /** Ends the reading with a sentence, under a code whose text is `{reason}`. */
  abort(text: string, code: ErrorCode = 'OD_BODY_MALFORMED'): never {
    throw new Abort({ kind: 'text', text, code })
  }
}

/**
 * Reads the first JSON value of `bytes` as a struct. Throws OD_BODY_MISSING, or OD_BODY_MALFORMED (or
 * what a reader aborted with) with Go's text. `null` is an empty struct.
 */
export function decodeStruct<T>(bytes: Uint8Array, reader: Reader<T>): T {
  const node = decodeFirstValue(bytes)
  if (node.kind === 'null') return reader.zero
  try {
    return readAlone(reader, node, bytes)
  } catch (error) {
    if (!(error instanceof Abort)) throw error
    const { failure } = error
    const code = failure.kind === 'text' ? failure.code : 'OD_BODY_MALFORMED'
    throw new OdError(code, { reason: sentence(failure) })
  }
}

/**
 * Reads with a fresh place, as a type that reads itself does: the first failure ends it, and `Abort` carries it on with
 * the place in the outer text put before its own.
 */
export function readNested<T>(reader: Reader<T>, node: JsonNode, outer: Reading): T {
  try {
    return readAlone(reader, node, outer.bytes)
  } catch (error) {
    if (!(error instanceof Abort) || error.failure.kind === 'text') throw error
    const { value, goType, path } = error.failure
    const whole = [...outer.path, ...path]
    throw new Abort({ kind: 'type', value, goType, struct: outer.struct, path: whole })
  }
}

/** Reads with a fresh place; what fails is told as a sentence with `prefix` before it, as `fmt.Errorf` of a type that reads itself does. */
export function readPrefixed<T>(
  prefix: string,
  reader: Reader<T>,
  node: JsonNode,
  outer: Reading,
): T {
  try {
    return readAlone(reader, node, outer.bytes)
  } catch (error) {
    if (!(error instanceof Abort)) throw error
    const text = prefix + sentence(error.failure)
    throw new Abort({ kind: 'text', text, code: 'OD_BODY_MALFORMED' })
  }
}

/** Reads with a fresh place; a failure noted on the way ends it with `Abort`. */
function readAlone<T>(reader: Reader<T>, node: JsonNode, bytes: Uint8Array): T {
  const reading = new Reading(bytes)
  const value = reader.read(node, reading)
  if (reading.saved !== undefined) throw new Abort(reading.saved)
  return value
}

function sentence(failure: Failure): string {
  if (failure.kind === 'text') return failure.text
  const { value, goType, struct, path } = failure
  const place =
    struct === '' && path.length === 0 ? 'Go value' : `Go struct field ${struct}.${path.join('.')}`
  return `json: cannot unmarshal ${value} into ${place} of type ${goType}`
}
