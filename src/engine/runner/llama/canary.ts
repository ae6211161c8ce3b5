/**
 * Refuses to run on a llama.cpp whose structs differ from ours. A wrong layout would not crash at once: it would read and
 * write wrong fields. So the sizes are compared, and the defaults that the library itself fills in must be read back.
 */
import koffi from 'koffi'
import { OdError } from '../../../core/errors/index.ts'
import type { StructLayout } from './structs.ts'

/** The fields of `llama_context_default_params()` that every release since v0.4.0 fills in with these values. */
export const expectedDefaults: Readonly<Record<string, number | boolean>> = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_threads: 4,
  yarn_ext_factor: -1,
  type_k: 1,
  type_v: 1,
  offload_kqv: true,
  swa_full: true,
  kv_unified: false,
}

/** Throws `OD_ENGINE_LAYOUT` naming the first struct whose size or field offset is not the expected one. */
export function checkLayouts(layouts: readonly StructLayout[]): void {
  for (const { name, type, sizeBytes, offsets } of layouts) {
    const size = koffi.sizeof(type as string)
    if (size !== sizeBytes) throw mismatch(`${name} has ${size} bytes here, ${sizeBytes} there`)
    for (const [field, offset] of Object.entries(offsets)) {
      const here = koffi.offsetof(type as string, field)
      if (here !== offset)
        throw mismatch(`${name}.${field} lies at ${here} here, at ${offset} there`)
    }
  }
}

/** Throws `OD_ENGINE_LAYOUT` when the defaults read from the library are not the known ones. */
export function checkDefaults(defaults: Readonly<Record<string, unknown>>): void {
  for (const [field, expected] of Object.entries(expectedDefaults)) {
    if (defaults[field] !== expected) {
      throw mismatch(`default ${field} reads ${String(defaults[field])}, known is ${expected}`)
    }
  }
}

function mismatch(reason: string): OdError {
  return new OdError('OD_ENGINE_LAYOUT', { reason })
}
