/**
 * JSON as Go's standard library reads and writes it, because that is what Ollama's clients see: lenient keys, exact
 * error texts, escaped markup, shortest numbers. Bounded: see `jsonLimits`.
 */
export { compactJson } from './compact.ts'
export { encodeGoJson, RawJson } from './encode.ts'
export { float32Json } from './float32.ts'
export { goTypeOf } from './go-type.ts'
export {
  type JsonNode,
  type JsonObject,
  type JsonValue,
  jsonLimits,
  plainValue,
} from './node.ts'
export { decodeOnlyValue } from './parse.ts'
export { goQuote, isGoPrintable } from './quote.ts'
export {
  anyMap,
  anything,
  flag,
  float,
  integer,
  list,
  optional,
  rawJson,
  selfReading,
  text,
} from './readers.ts'
export { decodeStruct, type Reader, type Reading, readNested, readPrefixed } from './reading.ts'
export { type Fields, struct } from './struct.ts'
