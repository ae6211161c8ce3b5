/** Go templates made at random, for chats of a few fixed shapes. */
import * as fc from 'fast-check'
import { type Dot, oneOf, type Place, pipeline } from './go-expressions.ts'

const texts = fc.constantFrom('', ' ', 'a', '\n', '  b \n', '\t', '{ ', '}}', 'ü', '<|x|>', '\r\n')
const opens = fc.constantFrom('{{ ', '{{ ', '{{', '{{- ')
const closes = fc.constantFrom(' }}', ' }}', '}}', ' -}}')

/** A whole action with its delimiters. */
function action(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(opens, inner, closes).map(([open, text, close]) => open + text + close)
}

const keyword = (word: string, rest: fc.Arbitrary<string>) =>
  action(rest.map((tail) => `${word} ${tail}`))
const end = action(fc.constant('end'))
const otherwise = action(fc.constant('else'))
const jump = action(oneOf('break continue'))
const glue = (...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((all) => all.join(''))

function list(place: Place): fc.Arbitrary<string> {
  if (place.depth <= 0) return fc.oneof(texts, action(pipeline({ ...place, depth: 1 })))
  const nodes = fc.array(node(place), { minLength: 1, maxLength: 3 })
  return nodes.map((parts) => parts.join(''))
}

/** What there is to range over, and what the dot becomes. */
const ranges: Readonly<Record<Dot, readonly (readonly [string, Dot])[]>> = {
  chat: [
    ['.Messages', 'message'],
    ['.Tools', 'tool'],
    ['3', 'other'],
    ['.Missing', 'other'],
    ['(slice $.Messages 1)', 'message'],
  ],
  message: [
    ['.ToolCalls', 'call'],
    ['.Images', 'other'],
  ],
  call: [['.Function.Arguments', 'other']],
  tool: [
    ['.Function.Parameters.Properties', 'property'],
    ['.Function.Parameters.Required', 'other'],
  ],
  property: [
    ['.Enum', 'other'],
    ['.Type', 'other'],
  ],
  other: [['.', 'other']],
}
const anywhere: readonly (readonly [string, Dot])[] = [
  ['$.Messages', 'message'],
  ['$.Tools', 'tool'],
  ['0', 'other'],
  ['"abc"', 'other'],
  ['2.5', 'other'],
]

function range(place: Place): fc.Arbitrary<string> {
  const inner: Place = { ...place, depth: place.depth - 1, isInRange: true }
  const own = ranges[place.dot].map((one) => ({ arbitrary: fc.constant(one), weight: 6 }))
  const others = anywhere.map((one) => ({ arbitrary: fc.constant(one), weight: 1 }))
  return fc.oneof(...own, ...others).chain(([source, dot]) => {
    const body = (variables: readonly string[]) =>
      list({ ...inner, dot, variables: [...place.variables, ...variables] })
    const from = fc.constant(source)
    return fc.oneof(
      glue(keyword('range', from), body([]), end),
      glue(keyword('range $x :=', from), body(['$x']), end),
      glue(keyword('range $i, $x :=', from), body(['$i', '$x']), otherwise, list(inner), end),
      glue(
        keyword('range $i, $x :=', from),
        keyword('if eq $i', oneOf('0 1 "city"')),
        jump,
        end,
        body(['$i', '$x']),
        end,
      ),
    )
  })
}

function node(place: Place): fc.Arbitrary<string> {
  const inner: Place = { ...place, depth: place.depth - 1 }
  const other: Place = { ...inner, dot: 'other' }
  const having = (name: string, at: Place = inner): Place => ({
    ...at,
    variables: [...place.variables, name],
  })
  const pipe = pipeline({ ...place, depth: Math.min(place.depth, 2) })
  const body = list(inner)
  const bad = place.isInRange ? jump : fc.constantFrom('{{ break }}', '{{ template "no" . }}')
  return fc.oneof(
    { arbitrary: texts, weight: 8 },
    { arbitrary: action(pipe), weight: 16 },
    { arbitrary: fc.constantFrom('{{/* a */}}', '{{- /* a\nb */ -}}', '{{/* a */ -}}'), weight: 2 },
    { arbitrary: glue(keyword('if', pipe), body, end), weight: 4 },
    { arbitrary: glue(keyword('if', pipe), body, otherwise, body, end), weight: 4 },
    {
      arbitrary: glue(keyword('if', pipe), body, keyword('else if', pipe), body, end),
      weight: 3,
    },
    { arbitrary: glue(keyword('with', pipe), list(other), end), weight: 3 },
    {
      arbitrary: glue(keyword('with $w :=', pipe), list(having('$w', other)), otherwise, body, end),
      weight: 2,
    },
    {
      arbitrary: glue(
        keyword('with', pipe),
        list(other),
        keyword('else with', pipe),
        list(other),
        end,
      ),
      weight: 2,
    },
    { arbitrary: range(place), weight: 10 },
    { arbitrary: glue(keyword('$v :=', pipe), list(having('$v'))), weight: 4 },
    {
      arbitrary: glue(
        keyword('$v :=', pipe),
        keyword('if', pipe),
        keyword('$v =', pipe),
        end,
        fc.constant('{{ $v }}'),
      ),
      weight: 2,
    },
    {
      arbitrary: glue(
        keyword('block "b"', pipe),
        list({ dot: 'other', variables: [], depth: 0, isInRange: false, calls: place.calls }),
        end,
      ),
      weight: 1,
    },
    { arbitrary: keyword('template "t"', pipe), weight: place.calls ? 2 : 0 },

    { arbitrary: bad, weight: place.isInRange ? 2 : 0 },
  )
}

const broken = fc.constantFrom(
  '{{',
  '{{ end }}',
  '{{ if }}',
  '{{ .A.B',
  '{{ "x }}',
  '{{ $u }}',
  '{{ else }}',
  '{{ 1 2 }}',
  '{{ .Role. }}',
  '{{ /* x }}',
  '{{ 08 }}',
  '{{ range break }}',
  '{{ /* x */ }}',
  '{{{ 1 }}',
  '{{ nil }}',
  '{{ template "t" }}',
  '{{ 1e400 }}',
  '{{ nofunc 1 }}',
  '{{ .System | 1 }}',
  '{{ break }}',
  '{{ template "no" . }}',
  "{{ 'ab' }}",
  '{{ define "t" }}1{{ end }}',
)

/** A whole template; it names the messages, so that it is rendered once for the whole chat. */
export const goTemplate: fc.Arbitrary<string> = fc
  .tuple(
    list({ dot: 'chat', variables: [], depth: 3, isInRange: false, calls: true }),
    list({ dot: 'other', variables: [], depth: 1, isInRange: false, calls: false }),
    broken,
    fc.nat(14),
  )
  .map(([body, called, wrong, chance]) => {
    const tail = `${chance === 0 ? wrong : ''}{{ if .Messages }}{{ end }}`
    return `{{ define "t" }}${called}{{ end }}${body}${tail}`
  })
