import { float32Json, RawJson } from '../go-json/index.ts'
import type { ReadBytes } from './cursor.ts'
import type { GgufHeader } from './header.ts'
import { type GgufArray, type GgufValue, readGgufArray } from './value.ts'

/** Told elsewhere in the same answer, and long. */
const untold: ReadonlySet<string> = new Set(['general.name', 'tokenizer.chat_template'])

/**
 * `model_info` of `/api/show`: the metadata in the order of the keys, with the number of parameters. Arrays are `null`
 * unless `arrays` says how to read them, which is what `verbose` asks for. For `encodeGoJson`.
 * Source: Ollama server/routes.go, GetModelInfo.
 */
export function modelInfo(
  header: GgufHeader,
  arrays?: { read: ReadBytes; fileSizeBytes: number },
): Readonly<Record<string, unknown>> {
  const values = new Map<string, unknown>()
  for (const [key, value] of header.metadata) {
    if (!untold.has(key)) values.set(key, onWire(value, arrays))
  }
  values.set('general.parameter_count', header.parameterCount)
  const info: Record<string, unknown> = Object.create(null)
  for (const key of [...values.keys()].toSorted()) info[key] = values.get(key)
  return info
}

function onWire(value: GgufValue, arrays?: { read: ReadBytes; fileSizeBytes: number }): unknown {
  switch (value.type) {
    case 'array':
      if (arrays === undefined) return value.length === 0 ? [] : null
      return elementsOnWire(value, arrays)
    case 'float32':
      return Number.isFinite(value.value) ? new RawJson(float32Json(value.value)) : null
    case 'float64':
      return Number.isFinite(value.value) ? value.value : null
    default:
      return value.value
  }
}

/** Bytes are base64, as Go prints a slice of them. */
function elementsOnWire(
  array: GgufArray,
  arrays: { read: ReadBytes; fileSizeBytes: number },
): unknown {
  const { read, fileSizeBytes } = arrays
  if (array.elementType === 'uint8') {
    return Buffer.from(read(array.offsetBytes, array.length)).toString('base64')
  }
  return readGgufArray(read, fileSizeBytes, array).map((element) => onWire(element, arrays))
}
