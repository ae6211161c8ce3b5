import { scanMembers } from '../members.ts'

/** A member of `info` whose value has another type than Ollama takes. */
export interface InfoMisfit {
  readonly field: string
  readonly type: 'string' | 'number'
}

/** Ollama reads these by an unchecked cast. Source: Ollama server/create.go up to 0.24. */
const infoTypes: ReadonlyMap<string, InfoMisfit['type']> = new Map([
  ['model_family', 'string'],
  ['base_name', 'string'],
  ['quantization_level', 'string'],
  ['parameter_size', 'string'],
  ['context_length', 'number'],
  ['embedding_length', 'number'],
])

/**
 * The first member of `info` in the body of a create that has the wrong type, `null` included; undefined when all are right.
 * An Ollama ends with a panic on such a one, for all its clients (ollama-api §11). All members named `info` count.
 */
export function findInfoMisfit(body: Buffer): InfoMisfit | undefined {
  let misfit: InfoMisfit | undefined
  scanMembers(body, (key, { start, end }) => {
    if (key !== 'info' || body[start] !== 0x7b) return
    const info = body.subarray(start, end)
    scanMembers(info, (field, value) => {
      const type = infoTypes.get(field)
      if (type === undefined || isOfType(info[value.start], type)) return
      misfit ??= { field, type }
    })
  })
  return misfit
}

/** By its first byte: a quote, or a digit or minus. */
function isOfType(first = 0, type: InfoMisfit['type']): boolean {
  return type === 'string' ? first === 0x22 : first === 0x2d || (first >= 0x30 && first <= 0x39)
}
