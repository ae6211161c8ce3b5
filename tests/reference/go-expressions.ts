/** Values and functions of Go templates, made at random. A few go wrong, as people's do. */
import * as fc from 'fast-check'

/** What the dot is, as far as the maker knows it. */
export type Dot = 'chat' | 'message' | 'call' | 'tool' | 'property' | 'other'

/** Where a part of a template stands, and so what it may name. */
export interface Place {
  readonly dot: Dot
  readonly variables: readonly string[]
  readonly depth: number
  readonly isInRange: boolean
  /** False within the template that is called: it would call itself. */
  readonly calls: boolean
}

const words = (text: string) => text.split(/ +|\n/).filter((word) => word !== '')

/** One of the words that blanks part. */
export const oneOf = (text: string) => fc.constantFrom(...words(text))

const numbers = oneOf(
  String.raw`0 1 1 2 2 -1 7 42 +3 010 0x1F 0b101 0o17 1_000 'a' '\n' 1.5 -0.25 1e3 1e21 2.5e-7 100000000
  1234567.0 .5 0x1p4 0x1.8p-2 3.0 9223372036854775807 0x_1 -0.0 123456789.5`,
)
const strings = fc.oneof(
  {
    arbitrary: oneOf(
      String.raw`"" "a" "user" "Rome" "a\tb\"c" "<b>&'" "ü€𝄞" "city" "%" "\x41\u00e9" "=&?/"`,
    ),
    weight: 11,
  },
  { arbitrary: fc.constantFrom('`raw\\x`', '"a b\\n"', '`two\nlines`'), weight: 2 },
)
const constants = fc.oneof(
  { arbitrary: numbers, weight: 4 },
  { arbitrary: strings, weight: 4 },
  { arbitrary: oneOf('true false'), weight: 2 },
  { arbitrary: fc.constant('nil'), weight: 1 },
)

const fieldsOf: Readonly<Record<Dot, string>> = {
  chat: '.System .Messages .Tools .Response .Think .ThinkLevel .IsThinkSet .Missing . .System .Think',
  message: '.Role .Content .Thinking .ToolCalls .ToolName .ToolCallID .Images .Role .Content',
  call: '.Function .Function.Name .Function.Arguments .Function.Arguments.city .Function.Arguments.none .ID . .Function.Index .Function.Arguments.deep.b .Function.Arguments.days',
  tool: '.Type .Function .Function.Name .Function.Description .Function.Parameters .Function.Parameters.Type .Function.Parameters.Required .Function.Parameters.Properties .Items . .Function.Parameters.Properties.city .Function.Parameters.Properties.none.Type .Function.Parameters.Properties.days.Items',
  property: '.Type .Description .Enum .Items .AnyOf .ToTypeScriptType .Properties .Required .',
  other: '.',
}
const always = oneOf('$.System $.Messages $.Tools $.Think $.ThinkLevel $.Missing $')
const wrong = oneOf(`$.Missing.X $.Nope.A.B .System.X ${Object.values(fieldsOf).join(' ')}`)

const formats = fc
  .constantFrom(
    ...words(`%v %d %s %q %x %X %5d %-5d| %05d %+d %t %T %c %U %#U %o %#o %b %e %E %f %F %g %G %.2f %8.3f %-8.2f|
    %+.1e %6.2g %08.3f %#x %+v %+q %#q %10s| %-10s| %.2s %.3v %% % %! %z %O %[1]v%[1]d %[2]v%v %[3]v %*d %[1]*d
    %.*f %#t %w %05s| %x%X %v-%v %[x]d %[1] %.f %+s %#b %010q| %-010d| %.0f %+08d %x|%X|%#X %6c| %.3d %5t| %-7v|
    %6.3v| %.[2]*[1]f %[2]*[1]d %[5]d%v %.10g %#.3x %+.3g %+x %#g %#e %#f %#.3g %020.5e %+d%v`),
    '% d',
    '% x',
    '% X|',
    '%# x',
    '%s %v %d',
    '% +d',
    '% .2f',
  )
  .map((format) => JSON.stringify(format))

/** A value: a constant, field, variable or parenthesis. */
function operand(place: Place): fc.Arbitrary<string> {
  const { variables, depth, dot } = place
  const deep = depth > 0 ? [{ arbitrary: parenthesis(place), weight: 6 }] : []
  const named = variables.length === 0 ? [] : [{ arbitrary: variable(variables), weight: 8 }]
  return fc.oneof(
    { arbitrary: constants, weight: 10 },
    { arbitrary: oneOf(fieldsOf[dot]), weight: 14 },
    { arbitrary: always, weight: 6 },
    { arbitrary: wrong, weight: 1 },
    ...named,
    ...deep,
  )
}

function variable(names: readonly string[]): fc.Arbitrary<string> {
  const tail = fc.oneof(
    { arbitrary: fc.constant(''), weight: 12 },
    { arbitrary: oneOf('.Role .Content .Function.Name .ToolCalls .Type .X'), weight: 1 },
  )
  return fc.tuple(fc.constantFrom(...names), tail).map(([name, more]) => name + more)
}

function parenthesis(place: Place): fc.Arbitrary<string> {
  const first = { arbitrary: fc.constant('(index $.Messages 0).Role'), weight: 1 }
  const inner = pipeline({ ...place, depth: place.depth - 1 }).map((pipe) => `(${pipe})`)
  return fc.oneof({ arbitrary: inner, weight: 12 }, first, {
    arbitrary: inner.map((pipe) => `${pipe}.X`),
    weight: 1,
  })
}

const join = (parts: readonly string[]) => parts.filter((part) => part !== '').join(' ')

/** A function and its arguments, or a value alone. */
function command(place: Place): fc.Arbitrary<string> {
  const value = operand(place)
  const some = (most: number) => fc.array(value, { maxLength: most }).map(join)
  const lists = oneOf('$.Messages $.Tools $.System .Function.Arguments "abcü" `xyz`')
  const whole = oneOf('0 1 2 -1')
  return fc.oneof(
    { arbitrary: value, weight: 10 },
    { arbitrary: fc.tuple(oneOf('eq ne lt le gt ge'), value, value).map(join), weight: 4 },
    { arbitrary: fc.tuple(oneOf('eq ne lt le'), strings, strings).map(join), weight: 2 },
    { arbitrary: fc.tuple(oneOf('eq ne gt ge lt'), numbers, numbers).map(join), weight: 2 },
    { arbitrary: fc.tuple(fc.constant('eq'), strings, strings, strings).map(join), weight: 1 },
    { arbitrary: fc.tuple(oneOf('and or'), value, some(2)).map(join), weight: 5 },
    { arbitrary: fc.tuple(oneOf('not json json toTypeScriptType'), value).map(join), weight: 8 },
    { arbitrary: fc.tuple(fc.constant('len'), fc.oneof(lists, value)).map(join), weight: 2 },
    { arbitrary: fc.tuple(oneOf('index slice'), lists, whole).map(join), weight: 3 },
    { arbitrary: fc.tuple(oneOf('slice'), lists, whole, whole).map(join), weight: 2 },
    { arbitrary: fc.tuple(oneOf('index slice'), value, some(3)).map(join), weight: 1 },
    { arbitrary: fc.tuple(oneOf('print println html js urlquery'), some(3)).map(join), weight: 6 },
    { arbitrary: fc.tuple(fc.constant('printf'), formats, some(3)).map(join), weight: 14 },
    { arbitrary: fc.tuple(oneOf('json len printf call'), some(2)).map(join), weight: 1 },
    { arbitrary: oneOf('currentDate yesterdayDate'), weight: 1 },
  )
}

/** One or more commands. */
export function pipeline(place: Place): fc.Arbitrary<string> {
  const good = fc.constantFrom(
    ' | json',
    ' | print 1',
    ' | printf "%v-%v" 2',
    ' | not',
    ' | html',
    ' | js | urlquery',
    ' | eq "user"',
    ' | and true',
    ' | or false',
    ' | println',
  )
  const stage = fc.oneof(
    { arbitrary: fc.constant(''), weight: 20 },
    { arbitrary: good, weight: 8 },
    { arbitrary: fc.constantFrom(' | len', ' | index', ' | slice', ' | .Role'), weight: 1 },
  )
  return fc.tuple(command(place), stage).map(([first, more]) => first + more)
}
