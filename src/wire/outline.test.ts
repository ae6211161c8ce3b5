import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { passesOver } from '../../tests/support/passes.ts'
import { findForeignToken } from './http/context-tokens.ts'
import { findInfoMisfit } from './http/create-info.ts'
import { findJsonExcess } from './http/json-bounds.ts'
import { Outline } from './outline.ts'
import { peekRequest } from './peek.ts'
import { peekCreate, peekText } from './peek-create.ts'
import { injectOption, optionEdit } from './splice.ts'

const outlineBytesMax = 16 * 1024 * 1024

/** The outline of a text that comes in pieces of these sizes, again and again. */
function outlineOf(text: Buffer, sizes: readonly number[] = [text.length]): Outline {
  const outline = new Outline(outlineBytesMax)
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1)
    outline.push(text.subarray(at, at + size))
    at += size
  }
  return outline
}

/** All that anyone asks of a request's bytes. */
function answersTo(bytes: Buffer) {
  return {
    peek: peekRequest(bytes),
    create: peekCreate(bytes),
    source: peekText(bytes, 'source'),
    excess: findJsonExcess(bytes),
    token: findForeignToken(bytes),
    misfit: findInfoMisfit(bytes),
  }
}

/** The text with `num_gpu` put in where the outline says. */
function injectByOutline(text: Buffer, outline: Outline): Buffer {
  const edit = optionEdit(outline.bytes, 'num_gpu', 7)
  if (edit === undefined) return text
  const [start, end] = [outline.offsetOf(edit.start), outline.offsetOf(edit.end)]
  return Buffer.concat([text.subarray(0, start), Buffer.from(edit.text), text.subarray(end)])
}

function expectSame(text: Buffer, sizes?: readonly number[]): Outline {
  const outline = outlineOf(text, sizes)
  expect(outline.isTooLong).toBe(false)
  expect(answersTo(outline.bytes)).toEqual(answersTo(text))
  const [byOutline, whole] = [injectByOutline(text, outline), injectOption(text, 'num_gpu', 7)]
  expect(byOutline.equals(whole), text.subarray(0, 200).toString()).toBe(true)
  return outline
}

const split = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 6 })

/** Long enough to be cut, anywhere in an escape. */
const longText = fc
  .tuple(
    fc.constantFrom('a', '\\\\', '\\"', 'x\\"', '\\u0041', '\\u00e9z', 'é', '}', '],', '\\\\\\"'),
    fc.constantFrom(40, 63, 64, 65, 130, 6_140, 8_190, 8_192, 8_193, 9_000),
    fc.nat(3),
  )
  .map(
    ([unit, bytes, shift]) =>
      `"${'s'.repeat(shift)}${unit.repeat(Math.ceil(bytes / unit.length))}"`,
  )

const key = fc.constantFrom(
  'model',
  'MODEL',
  'name',
  'stream',
  'keep_alive',
  'prompt',
  'messages',
  'input',
  'context',
  'options',
  'Options',
  'num_gpu',
  'info',
  'files',
  'adapters',
  'from',
  'source',
  'images',
  'model_family',
  'context_length',
  'draft_files',
  'content',
)
const blanks = fc.constantFrom('', ' ', '\n', '\t'.repeat(127), ' '.repeat(300))
const leaf = fc.oneof(
  longText,
  fc.constantFrom(
    '""',
    '0',
    '-1',
    '1.5',
    'null',
    'true',
    'false',
    '"m"',
    '"5m"',
    '9999999',
    '[]',
    '{}',
  ),
  fc.constantFrom('1'.repeat(127), '0'.repeat(300), '1'.repeat(129), `-${'9'.repeat(200)}`),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(
        fc.tuple(
          fc.oneof(
            key.map((one) => `"${one}"`),
            longText,
          ),
          blanks,
          tie('value'),
        ),
        { maxLength: 5 },
      )
      .map(
        (members) =>
          `{${members.map(([name, gap, one]) => `${gap}${name}:${gap}${one}${gap}`).join(',')}}`,
      ),
  ),
})) as { value: fc.Arbitrary<string> }
const object = fc
  .array(fc.tuple(key, blanks, value), { maxLength: 6 })
  .map(
    (members) =>
      `{${members.map(([name, gap, one]) => `"${name}"${gap}:${gap}${one}${gap}`).join(',')}}`,
  )

/** Whole, cut off, with something behind, or spoilt in one place. */
const text = fc
  .tuple(
    object,
    fc.option(fc.nat(40_000)),
    fc.constantFrom('', ' ', '{"model":"n"}', ',"', ']'),
    fc.option(fc.tuple(fc.nat(20_000), fc.nat(255))),
  )
  .map(([whole, cutAt, behind, spoil]) => {
    const bytes = Buffer.from(`${whole}${behind}`)
    if (spoil !== null && bytes.length > 0) bytes[spoil[0] % bytes.length] = spoil[1]
    return cutAt === null ? bytes : bytes.subarray(0, cutAt)
  })

test('S-035: an outline gives every answer that the whole text gives, wherever the text is split', () => {
  fc.assert(
    fc.property(text, split, (bytes, sizes) => void expectSame(bytes, sizes)),
    { numRuns: 600 },
  )
})

test('of bytes that are no JSON too', () => {
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
  const marks = fc
    .array(fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', ' ', '1', 'é'), {
      maxLength: 400,
    })
    .map((parts) => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(fc.oneof(noise, marks), split, (bytes, sizes) => void expectSame(bytes, sizes)),
  )
})

describe('fifty megabytes', () => {
  const fill = (unit: string) => unit.repeat(Math.floor(50e6 / unit.length))

  test.each([
    ['one picture', `{"model":"m","messages":[{"images":["${fill('AAAA')}"]}]}`],
    ['a prompt', `{"prompt":"${fill('word ')}","model":"m"}`],
    ['escaped quotes', `{"prompt":"${fill(String.raw`\"`)}","model":"m"}`],
    ['backslashes', `{"prompt":"${fill(String.raw`\\`)}","model":"m"}`],
    ['blanks', `{${fill(' ')}"model":"m"}`],
    ['one number', `{"prompt":${fill('1')},"model":"m"}`],
  ])(
    'of %s have an outline of under 64 KiB, in the time of some looks at every byte',
    (_, body) => {
      const bytes = Buffer.from(body)
      const count = passesOver(bytes, () => outlineOf(bytes, [65_536]))
      expect(count).toBeLessThan(20)
      const outline = outlineOf(bytes, [65_536])
      expect(outline.heldBytes).toBeLessThanOrEqual(64 * 1024)
      expect(peekRequest(outline.bytes).model).toBe('m')
      expect(injectByOutline(bytes, outline).equals(injectOption(bytes, 'num_gpu', 7))).toBe(true)
    },
  )

  test('of brackets are given up at the bound', () => {
    const outline = outlineOf(Buffer.from(`[${fill('[]')}]`), [65_536])
    expect(outline.isTooLong).toBe(true)
    expect(outline.heldBytes).toBeLessThanOrEqual(outlineBytesMax)
  })
})
