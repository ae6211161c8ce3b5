import { array, assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StopStrings } from './stop-strings.ts'

function run(stops: string[], pieces: string[]) {
  const matcher = new StopStrings(stops)
  let shown = ''
  for (const piece of pieces) {
    const { text, isStopped } = matcher.push(piece)
    shown += text
    if (isStopped) return { shown, isStopped }
  }
  return { shown: shown + matcher.flush(), isStopped: false }
}

describe('stop strings', () => {
  test.each([
    [['STOP'], ['one STOP two'], 'one ', true],
    [['STOP'], ['one S', 'TO', 'P two'], 'one ', true],
    [['STOP'], ['one S', 'TAR'], 'one STAR', false],
    [['ab', 'b'], ['xxab'], 'xx', true],
    [['baa', 'a'], ['baa'], 'b', true],
    [['baa', 'a'], ['ba', 'a'], 'b', true],
    [['END', 'E'], ['aE'], 'a', true],
    [[''], ['text'], 'text', false],
    [['aab'], ['aaa', 'b'], 'a', true],
    [['\n\n'], ['a\n', 'b\n', '\nc'], 'a\nb', true],
  ])('%j over %j shows %j', (stops, pieces, shown, isStopped) => {
    expect(run(stops, pieces)).toEqual({ shown, isStopped })
  })

  test('a possible beginning is held back, not shown early', () => {
    const matcher = new StopStrings(['STOP'])
    expect(matcher.push('say ST')).toEqual({ text: 'say ', isStopped: false })
    expect(matcher.push('ART')).toEqual({ text: 'START', isStopped: false })
  })

  test('the way a text is cut into pieces never changes what is shown', () => {
    const letters = () => string({ unit: constantFrom('a', 'b', 'é', '😀'), maxLength: 12 })
    assert(
      property(
        array(letters(), { maxLength: 3 }),
        array(letters(), { maxLength: 6 }),
        (s, parts) => {
          expect(run(s, parts)).toEqual(run(s, [parts.join('')]))
        },
      ),
    )
  })
})
