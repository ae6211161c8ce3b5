import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeGoJson, float32Json, RawJson } from './index.ts'

describe('encodeGoJson', () => {
  test('means what it was given, for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(JSON.parse(encodeGoJson(value)))).toBe(JSON.stringify(value))
      }),
    )
  })

  test('escapes what could end a script or a line, in keys too', () => {
    expect(encodeGoJson({ '<': '<a>&\u2028\u2029"\\/\b\f\u0001\u007fé😀' })).toBe(
      String.raw`{"\u003c":"\u003ca\u003e\u0026\u2028\u2029\"\\/\b\f\u0001${'\u007f'}é😀"}`,
    )
  })

  test('leaves out what is undefined and keeps the order', () => {
    expect(encodeGoJson({ b: 1, a: undefined, c: [null, true] })).toBe('{"b":1,"c":[null,true]}')
  })

  test.each([
    [1e21, '1e+21'],
    [1e20, '100000000000000000000'],
    [1e-6, '0.000001'],
    [9.99e-7, '9.99e-7'],
    [-0, '-0'],
    [2n ** 63n, '9223372036854775808'],
    [new RawJson('0.1'), '0.1'],
    [Float32Array.of(0.1, 1), '[0.1,1]'],
    ['\ud800', '"�"'],
  ])('%s', (value, text) => {
    expect(encodeGoJson(value)).toBe(text)
  })

  test.each([Number.NaN, Infinity, Symbol('x'), () => 1])('refuses %s', (value) => {
    expect(() => encodeGoJson(value)).toThrow(TypeError)
  })
})

describe('float32Json', () => {
  test.each([
    [0.1, '0.1'],
    [-0.012757875025272369, '-0.012757875'],
    [0.0005355355679057539, '0.00053553557'],
    [1e-5, '0.00001'],
    [1e-7, '1e-7'],
    [16_777_216, '16777216'],
    [2_097_152.25, '2097152.2'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [2 ** -149, '1e-45'],
    [-0, '-0'],
  ])('%d is %s, as Go prints it', (value, text) => {
    expect(float32Json(value)).toBe(text)
  })

  test('names the same float32 and no shorter text does', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = float32Json(value)
        expect(Math.fround(Number(text))).toBe(Math.fround(value))
        const digits = text
          .replace(/e.*/, '')
          .replace(/\D/g, '')
          .replace(/^0+|0+$/g, '').length
        if (digits > 1) {
          expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(Math.fround(value))
        }
      }),
    )
  })
})
