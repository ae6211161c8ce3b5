import { describe, expect, test } from 'vitest'
import { isOdError } from '../../core/errors/index.ts'
import { parseGoTemplate, renderPrompt } from './index.ts'

/**
 * The words of Go's text/template for templates that cannot be read and, below, for those that cannot be rendered. Each
 * line is a template and what Ollama 0.24 answers behind `template: `.
 */
const unreadable = String.raw`
{{ $x }} ⇒ :1: undefined variable "$x"
{{ if $y := 1 }}{{ $y }}{{ end }}{{ $y }} ⇒ :1: undefined variable "$y"
{{ define "a" }}{{ $x }}{{ end }}{{ $x := 1 }} ⇒ :1: undefined variable "$x"
{{ define a }}1{{ end }} ⇒ :1: unexpected "a" in define clause
{{ define "a" . }}1{{ end }} ⇒ :1: unexpected <.> in define clause
{{ '' }} ⇒ :1: invalid syntax
{{ 'ab' }} ⇒ :1: malformed character constant: 'ab'
{{ 'a }} ⇒ :1: unterminated character constant
{{ "a }} ⇒ :1: unterminated quoted string
{{ "\'" }} ⇒ :1: invalid syntax
{{ "\q" }} ⇒ :1: invalid syntax
{{ 089 }} ⇒ :1: integer overflow: "089"
{{ 1__0 }} ⇒ :1: illegal number syntax: "1__0"
{{ 99999999999999999999 }} ⇒ :1: integer overflow: "99999999999999999999"
{{ 0x }} ⇒ :1: illegal number syntax: "0x"
{{ 1a }} ⇒ :1: bad number syntax: "1a"
{{ 1+2 }} ⇒ :1: bad number syntax: "1+2"
{{ 1e }} ⇒ :1: illegal number syntax: "1e"
{{ + }} ⇒ :1: illegal number syntax: "+"
{{ - }} ⇒ :1: illegal number syntax: "-"
{{ 1.2.3 }} ⇒ :1: unexpected ".3" in operand
{{ 1.Foo }} ⇒ :1: bad number syntax: "1.F"
{{ "a".Foo }} ⇒ :1: unexpected . after term "\"a\""
{{ nil.Foo }} ⇒ :1: unexpected . after term "nil"
{{ true.Foo }} ⇒ :1: unexpected . after term "true"
{{ ..Foo }} ⇒ :1: unexpected . after term "."
{{ .System | 1 }} ⇒ :1: non executable command in pipeline stage 2
{{ .System | "a" }} ⇒ :1: non executable command in pipeline stage 2
{{ .System | . }} ⇒ :1: non executable command in pipeline stage 2
{{ .System | nil }} ⇒ :1: non executable command in pipeline stage 2
{{ }} ⇒ :1: missing value for command
{{}} ⇒ :1: missing value for command
{{ | }} ⇒ :1: unexpected "|" in command
{{ ( }} ⇒ :1: unclosed left paren
{{ ) }} ⇒ :1: unexpected right paren
{{ (1 }} ⇒ :1: unclosed left paren
{{ () }} ⇒ :1: missing value for parenthesized pipeline
{{ if }}x{{ end }} ⇒ :1: missing value for if
{{ if 1 }} ⇒ :1: unexpected EOF
{{ end }} ⇒ :1: unexpected {{end}}
{{ else }} ⇒ :1: unexpected {{else}}
{{ if 1 }}{{ else }}{{ else }}{{ end }} ⇒ :1: expected end; found {{else}}
{{ if 1 }}{{ else if }}{{ end }} ⇒ :1: missing value for if
{{ range .Messages }}{{ else if 1 }}{{ end }} ⇒ :1: unexpected <if> in input
{{ with 1 }}{{ else if 1 }}{{ end }} ⇒ :1: unexpected <if> in input
{{ if 1 }}{{ else with 1 }}{{ end }} ⇒ :1: unexpected <with> in input
{{ break }} ⇒ :1: {{break}} outside {{range}}
{{ continue }} ⇒ :1: {{continue}} outside {{range}}
{{ if 1 }}{{ break }}{{ end }} ⇒ :1: {{break}} outside {{range}}
{{ range .Messages }}{{ break 1 }}{{ end }} ⇒ :1: unexpected "1" in {{break}}
{{ range .Messages }}{{ define "x" }}{{ end }}{{ end }} ⇒ :1: unexpected <define> in command
{{ end 1 }} ⇒ :1: unexpected "1" in end
{{ else 1 }} ⇒ :1: unexpected "1" in else
{{ range .Messages }}{{ template }}{{ end }} ⇒ :1: unexpected "}}" in template clause
{{ template foo }} ⇒ :1: unexpected "foo" in template clause
{{ block "a" }}{{ end }} ⇒ :1: missing value for block clause
{{ foo }} ⇒ :1: function "foo" not defined
{{ .System | foo }} ⇒ :1: function "foo" not defined
{{ $x, $y := .Messages }} ⇒ :1: too many declarations in command
{{ range $x, $y, $z := .Messages }}{{ end }} ⇒ :1: too many declarations in range
{{ range $x, 1 := .Messages }}{{ end }} ⇒ :1: range can only initialize variables
{{ range $x, := .Messages }}{{ end }} ⇒ :1: range can only initialize variables
{{ range $x, $y .Messages }}{{ end }} ⇒ :1: undefined variable "$y"
{{ $x := }} ⇒ :1: missing value for command
{{ $x : = 1 }} ⇒ :1: undefined variable "$x"
{{/* c }} ⇒ :1: unclosed comment
{{/* c */ }} ⇒ :1: comment ends before closing delimiter
{{ /* c */ }} ⇒ :1: unexpected "/" in command
a {{-}} b ⇒ :1: illegal number syntax: "-"
a {{- }} b ⇒ :1: missing value for command
a {{ -}} b ⇒ :1: missing value for command
{{ .System } ⇒ :1: unexpected "}" in operand
{{ .System ⇒ :1: bad character U+007B '{'
{{ .System! ⇒ :1: bad character U+0021 '!'
{{ .System + 1 }} ⇒ :1: illegal number syntax: "+"
{{ a.b }} ⇒ :1: function "a" not defined
{{ .a-b }} ⇒ :1: bad character U+002D '-'
{{ $a-b }} ⇒ :1: bad character U+002D '-'
{{ @ }} ⇒ :1: unexpected "@" in command
{{ é }} ⇒ :1: function "é" not defined
{{ ☺ }} ⇒ :1: unrecognized character in action: U+263A '☺'
{{ "a"b }} ⇒ :1: unexpected "b" in operand
{{ ,}} ⇒ :1: unexpected "," in command
{{ print, }} ⇒ :1: unexpected "," in operand
`

const unrenderable = String.raw`
{{ range "abc" }}{{ . }}{{ end }} ⇒ :1:9: executing "" at <"abc">: range can't iterate over abc
{{ range true }}{{ . }}{{ end }} ⇒ :1:9: executing "" at <true>: range can't iterate over true
{{ range 1.5 }}{{ . }}{{ end }} ⇒ :1:9: executing "" at <1.5>: range can't iterate over 1.5
{{ and }} ⇒ :1:3: executing "" at <and>: wrong number of args for and: want at least 1 got 0
{{ not }} ⇒ :1:3: executing "" at <not>: wrong number of args for not: want 1 got 0
{{ not 1 2 }} ⇒ :1:3: executing "" at <not>: wrong number of args for not: want 1 got 2
{{ eq 1 }} ⇒ :1:3: executing "" at <eq 1>: error calling eq: missing argument for comparison
{{ len 3 }} ⇒ :1:3: executing "" at <len 3>: error calling len: len of type int
{{ len .Missing }} ⇒ :1:3: executing "" at <len .Missing>: error calling len: len of nil pointer
{{ index nil 1 }} ⇒ :1:3: executing "" at <index nil 1>: error calling index: index of untyped nil
{{ index }} ⇒ :1:3: executing "" at <index>: wrong number of args for index: want at least 1 got 0
{{ slice 1 }} ⇒ :1:3: executing "" at <slice 1>: error calling slice: can't slice item of type int
{{ printf 1 }} ⇒ :1:10: executing "" at <1>: expected string; found 1
{{ printf nil }} ⇒ :1:10: executing "" at <nil>: cannot assign nil to string
{{ . .Foo }} ⇒ :1:3: executing "" at <.>: can't give argument to non-function .
{{ nil }} ⇒ :1:3: executing "" at <nil>: nil is not a command
{{ nil | print }} ⇒ :1:3: executing "" at <nil>: nil is not a command
{{ .System 1 }} ⇒ :1:3: executing "" at <.System>: System is not a method but has arguments
{{ 1 2 }} ⇒ :1:3: executing "" at <1>: can't give argument to non-function 1
{{ "a" "b" }} ⇒ :1:3: executing "" at <"a">: can't give argument to non-function "a"
{{ . 1 }} ⇒ :1:3: executing "" at <.>: can't give argument to non-function .
{{ $ 1 }} ⇒ :1:3: executing "" at <$>: can't give argument to non-function $
{{ $.System 1 }} ⇒ :1:4: executing "" at <$.System>: System is not a method but has arguments
{{ (1) 2 }} ⇒ :1:3: executing "" at <(1) 2>: can't give argument to non-function 1
{{ template "a" . . | }} ⇒ :1:12: executing "" at <{{template "a" . .}}>: template "a" not defined
{{ $x = 1 }} ⇒ :1:8: executing "" at <1>: undefined variable: $x
{{ $x := 1 2 }} ⇒ :1:9: executing "" at <1>: can't give argument to non-function 1
{{ .Foo.Bar }} ⇒ :1:7: executing "" at <.Foo.Bar>: nil pointer evaluating interface {}.Bar
é{{ .System.X }} ⇒ :1:12: executing "" at <.System.X>: can't evaluate field X in type interface {}
{{ json }} ⇒ :1:3: executing "" at <json>: wrong number of args for json: want 1 got 0
{{ json 1 2 }} ⇒ :1:3: executing "" at <json>: wrong number of args for json: want 1 got 2
{{ currentDate 1 }} ⇒ :1:15: executing "" at <1>: expected string; found 1
{{ (.System).Foo }} ⇒ :1:4: executing "" at <.System>: can't evaluate field Foo in type string
`

const input = {
  messages: [
    { role: 'system', content: 'S<1>' },
    { role: 'user', content: 'héllo' },
    { role: 'assistant', content: '' },
    { role: 'tool', content: 'r1' },
  ],
  tools: [{ type: 'function', function: { name: 'get' } }],
}

const namesMessages = '{{ range .Messages }}{{ end }}'

function failureOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isOdError(error) && error.code === 'OD_TEMPLATE_INVALID') return error.message
    throw error
  }
  return 'no failure'
}

function toCases(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split(' ⇒ '))
}

describe('a template that cannot be read', () => {
  test.each(toCases(unreadable))('%s: %s', (template = '', words = '') => {
    const failure = failureOf(() => parseGoTemplate(template + namesMessages))
    expect(failure).toBe(`template: ${words}`)
  })

  test.each([
    ['{{ .Prompt', ':1: unclosed action'],
    ['a\n\n{{ .Prompt\n\n', ':5: unclosed action started at :3'],
    ['a\n{{ if 1 }}\nb\n', ':4: unexpected EOF'],
    ['a\n{{ .A\n .B\n!! }}', ':4: unexpected "!" in operand'],
    ['{{ "a\nb" }}', ':1: unterminated quoted string'],
  ])('%j names the line: %s', (template, words) => {
    expect(failureOf(() => parseGoTemplate(template))).toBe(`template: ${words}`)
  })

  test('a template is called with a value, or Ollama refuses it', () => {
    const failure = failureOf(() => parseGoTemplate('{{ define "x" }}{{ end }}{{ template "x" }}'))
    expect(failure).toBe('undefined template specified')
  })
})

describe('a template that cannot be rendered', () => {
  test.each(toCases(unrenderable))('%s: %s', (template = '', words = '') => {
    const parsed = parseGoTemplate(template + namesMessages)
    expect(failureOf(() => renderPrompt(parsed, input))).toBe(`template: ${words}`)
  })

  test('says so with status 500, as Ollama does', () => {
    try {
      parseGoTemplate('{{ foo .Prompt }}')
    } catch (error) {
      expect(error).toMatchObject({
        code: 'OD_TEMPLATE_INVALID',
        httpStatus: 500,
        message: 'template: :1: function "foo" not defined',
      })
    }
    expect.assertions(1)
  })
})
