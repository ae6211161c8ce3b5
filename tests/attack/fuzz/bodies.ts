/** Bodies that clients send, should not send, and send to do harm; Latin-1 characters, one a byte. */
import * as fc from 'fast-check'

/** What the engines of the test have, and what none has. */
const modelNames = [
  'alpha',
  'beta',
  'Beta:latest',
  'library/alpha:latest',
  'tiny',
  '',
  'a b',
  '../x',
]

const keyNames = [
  'model',
  'model',
  'model',
  'name',
  'name',
  'stream',
  'prompt',
  'messages',
  'options',
  'keep_alive',
  'input',
  'context',
  'source',
  'destination',
  'from',
  'template',
  'junk',
  '',
]

const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 })

const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

/** Letters that Go's decoder takes for one another, besides the case. */
const folded: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' }

/** A text as JSON, its characters spelt in one of the ways that JSON and Go's keys leave open. */
function spelt(text: string, mayFold: boolean): fc.Arbitrary<string> {
  const ways = fc.array(fc.nat(9), { minLength: text.length, maxLength: text.length })
  return ways.map((choices) => {
    const characters = Array.from(text.split(''), (character, at) => {
      const way = choices[at] ?? 0
      if (way === 1 || character < ' ' || character === '"' || character === '\\') {
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      }
      if (way === 2 && mayFold) return character.toUpperCase()
      if (way === 3 && mayFold) return utf8(folded[character] ?? character)
      return utf8(character)
    })
    return `"${characters.join('')}"`
  })
}

const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...keyNames).chain((name) => spelt(name, true)) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }).chain((name) => spelt(name, false)),
  },
)

/** Texts that are wrong, or right and unusual. */
const oddText = fc.constantFrom(
  '"\\ud800"',
  '"\\udc00x"',
  '"\\ud83d\\ude00"',
  '"\\u0000"',
  '"a\\/b"',
  '"\xff"',
  '"\xe2\x82"',
  '"\xed\xa0\x80"',
  '"\\x"',
  '"\\u12"',
  '"a\nb"',
  '"\x00"',
  '"\x7f"',
  "'model'",
  '"',
  '"\\"',
  '"\\\\"',
  '"}"',
  '"],[{"',
)

const oddNumber = fc.constantFrom(
  '0',
  '-0',
  '1e999',
  '-1e-999',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1e+1',
  '01',
  '+1',
  '.5',
  '1.',
  '0x1',
  'NaN',
  'Infinity',
  '-',
  '1e',
  '-1',
  '2147483648',
  '1048576',
  '1048577',
)

const nested = fc
  .tuple(
    fc.constantFrom('[', '{"a":'),
    fc.constantFrom(1, 2, 60, 126, 127, 128, 129, 500),
    fc.boolean(),
  )
  .map(([open, depth, isClosed]) => {
    const close = open === '[' ? ']' : '}'
    return open.repeat(depth) + (open === '[' ? '' : '1') + (isClosed ? close.repeat(depth) : '')
  })

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...modelNames).chain((name) => spelt(name, false)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('null', 'true', 'false', '{}', '[]', '[{}]', '""', '0', '"0s"'),
  },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }).map(utf8) },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: oddNumber },
  { weight: 1, arbitrary: fc.array(oddNumber, { maxLength: 4 }).map((list) => `[${list.join()}]`) },
  { weight: 1, arbitrary: nested },
  {
    weight: 1,
    arbitrary: fc.constantFrom('nul', 'True', 'undefined', '', '[1,]', '{"a":1,}', '{a:1}', '[,1]'),
  },
)

const member = fc
  .tuple(blank, key, blank, blank, value, blank)
  .map(([a, name, b, c, text, d]) => `${a}${name}${b}:${c}${text}${d}`)

const object = fc
  .tuple(fc.array(member, { maxLength: 6 }), blank)
  .map(([members, inner]) => `{${members.length === 0 ? inner : members.join(',')}}`)

/** What stands behind the first value: Go does not read it. */
const tail = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' ',
  '\n',
  '{"model":"beta"}',
  ' garbage [[[',
  '\x00',
  ',',
  ']',
)

const before = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' ',
  '\r\n\t',
  '\xef\xbb\xbf',
  '\x0c',
  '\x00',
  '\xc2\xa0',
)

const whole = fc.tuple(before, object, tail).map((parts) => parts.join(''))

const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

/** Large ones: many keys, many values, a long text. */
const large = fc
  .constantFrom(10_000, 10_001, 30_000)
  .chain((count) =>
    fc.constantFrom(
      `{"model":"alpha","x":{${'"k":1,'.repeat(count - 1)}"k":1}}`,
      `{"prompt":"${'\\"'.repeat(count)}","model":"beta"}`,
      `{"images":["${'AAAA'.repeat(count)}"],"model":"beta"}`,
      `{"context":[${'1,'.repeat(count)}1],"model":"alpha"}`,
    ),
  )

/** A body and, now and then, one that was cut or had a byte changed on the way. */
export const body: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: whole },
  { weight: 2, arbitrary: fc.tuple(whole, fc.nat(200)).map(([text, at]) => text.slice(0, at)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(whole, fc.nat(200), noise)
      .map(([text, at, bytes]) => text.slice(0, at) + bytes + text.slice(at + 1)),
  },
  { weight: 1, arbitrary: noise },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', 'null', '[]', '"model"', '1', '{', '}', '{"model":"alpha"'),
  },
)

/** As `body`, one in fifty of them large. */
export const anyBody = fc.oneof({ weight: 50, arbitrary: body }, { weight: 1, arbitrary: large })
