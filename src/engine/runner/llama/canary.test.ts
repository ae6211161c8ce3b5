import { describe, expect, test } from 'vitest'
import { checkDefaults, checkLayouts, expectedDefaults } from './canary.ts'
import { openLlama } from './functions.ts'
import { expectedLayouts } from './structs.ts'

describe('the layout of llama.cpp structs', () => {
  test('is the one that our field lists give', () => {
    expect(() => checkLayouts(expectedLayouts)).not.toThrow()
  })

  test.each(expectedLayouts.map((layout) => [layout.name, layout] as const))(
    'a library whose %s has another size is refused before anything is opened',
    (name, layout) => {
      const lie = [{ ...layout, sizeBytes: layout.sizeBytes + 8 }]
      expect(() => openLlama(lie)).toThrow(expect.objectContaining({ code: 'OD_ENGINE_LAYOUT' }))
      expect(() => openLlama(lie)).toThrow(name)
    },
  )

  test('a field at another offset is refused', () => {
    const [first] = expectedLayouts
    if (first === undefined) throw new Error('no layouts')
    const lie = { ...first, offsets: { ...first.offsets, main_gpu: 36 } }
    expect(() => checkLayouts([lie])).toThrow('llama_model_params.main_gpu lies at 32 here, at 36')
  })

  test('defaults that read differently are refused: fields have moved', () => {
    expect(() => checkDefaults({ ...expectedDefaults, n_threads: 0 })).toThrow('n_threads reads 0')
    expect(() => checkDefaults(expectedDefaults)).not.toThrow()
  })
})
