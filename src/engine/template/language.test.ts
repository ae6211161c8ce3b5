import { describe, expect, test } from 'vitest'
import { parseGoTemplate, renderPrompt } from './index.ts'

/**
 * What Go's text/template gave for these templates with the messages and tools below, by way of Ollama 0.24's own
 * template package. Each line is a template and what it prints.
 */
const groups: Readonly<Record<string, string>> = {
  'templates that call each other': String.raw`
{{ define "a" }}<{{ . }}{{ $ }}>{{ end }}{{ template "a" .System }} ⇒ <S<1>S<1>>
{{ define "a" }}{{ $y := 2 }}{{ $y }}{{ end }}{{ $x := 1 }}{{ template "a" . }}{{ $x }} ⇒ 21
{{ block "b" .System }}[{{ . }}]{{ end }} ⇒ [S<1>]
{{ define "a" }} {{ end }}{{ define "a" }}2{{ end }}{{ template "a" . }} ⇒ 2
{{ define "a" }}1{{ end }}{{ define "a" }} {{ end }}{{ template "a" . }} ⇒ 1
`,
  range: String.raw`
{{ range $i, $e := .Messages }}{{ if eq $i 2 }}{{ continue }}{{ end }}{{ $i }}{{ end }} ⇒ 013
{{ range $e := .Messages }}{{ $e.Role }}{{ end }} ⇒ systemuserassistanttool
{{ range .Missing }}a{{ else }}b{{ end }} ⇒ b
{{ range $x := .Missing }}a{{ else }}b{{ $x }}{{ end }} ⇒ b<no value>
{{ $i := 0 }}{{ $e := "" }}{{ range $i, $e = .Tools }}{{ $i }}{{ end }}{{ $i }} ⇒ 00
{{ $e := "" }}{{ range $e = .Tools }}{{ end }}{{ $e.Type }} ⇒ function
{{ range $i, $_ := .Messages }}{{ if eq $i 2 }}{{ break }}{{ end }}{{ $i }}{{ end }}. ⇒ 01.
{{ range $i, $_ := .Messages }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ end }}. ⇒ 023.
{{ range . }}{{ range $.Tools }}x{{ break }}{{ end }}y{{ end }} ⇒ xyxyxyxyxyxyxy
{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }} ⇒ 01201
{{ range 0 }}a{{ else }}b{{ end }} ⇒ b
{{ $x := 1 }}{{ range .Messages }}{{ $x := 2 }}{{ end }}{{ $x }} ⇒ 1
{{ range slice .Messages 1 3 }}{{ .Role }}{{ end }} ⇒ userassistant
{{ range .Messages }}{{ if eq .Role "system" "user" }}{{ .Role }}{{ end }}{{ end }} ⇒ systemuser
{{ range (index .Tools 0).Function.Parameters.Properties }}{{ .Description }}{{ end }} ⇒ City
`,
  'trimming and comments': String.raw`
{{ .System}}{{.System -}}   x   {{- .System}} ⇒ S<1>S<1>xS<1>
{{- /* c */ -}}   a {{/* b */}} c {{- /* d */}} e ⇒ a  c e
{{- 3 }}{{-3}} ⇒ 3-3
a  {{- 1 -}}  b  {{ 2 }} ⇒ a1b  2
`,
  conditions: String.raw`
{{ if .Tools }}T{{ else }}F{{ end }} ⇒ T
{{ if .Missing }}T{{ else if .Tools }}E{{ else }}F{{ end }} ⇒ E
{{ if not .Messages }}a{{ else if eq .Think false }}b{{ else if .IsThinkSet }}c{{ end }} ⇒ c
{{ with $x := .System }}{{ $x }}{{ . }}{{ end }} ⇒ S<1>S<1>
{{ with .Missing }}a{{ else with .System }}b{{ . }}{{ else }}c{{ end }} ⇒ bS<1>
{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }} ⇒ 32
{{ if $y := 0 }}{{ else if $z := 1 }}{{ $y }}{{ $z }}{{ end }} ⇒ 01
{{ if and .System (eq .System "S<1>") }}y{{ end }} ⇒ y
{{ if or (not .System) (and .Tools (gt (len .Messages) 2)) }}y{{ end }} ⇒ y
{{ with .Messages }}{{ len . }}{{ len $ }}{{ $.System }}{{ end }} ⇒ 47S<1>
`,
  'comparison and logic': String.raw`
{{ 1 | not }}{{ 0 | or 1 }}{{ 1 | and 0 }}{{ 3 | and 2 }}{{ 3 | or 0 }} ⇒ false1033
{{ eq .Missing .Missing }} ⇒ true
{{ eq .Missing nil }} ⇒ true
{{ eq .Missing "a" }} ⇒ false
{{ eq nil nil }} ⇒ true
{{ eq .Tools nil }} ⇒ false
{{ ne .Missing "a" }} ⇒ true
{{ lt "\uffff" "😀" }}{{ lt "😀" "\uffff" }} ⇒ truefalse
`,
  'index, slice and len': String.raw`
{{ len .Messages }}{{ len "héllo" }}{{ len .Tools }}{{ len . }} ⇒ 4617
{{ (index .Messages 1).Content }} ⇒ héllo
{{ index . "System" }} ⇒ S<1>
{{ index "héllo" 1 }}{{ index "abc" 0 }} ⇒ 19597
{{ index . "Missing" }} ⇒ <no value>
{{ slice "héllo" 0 3 }}{{ slice "abc" 1 }}{{ slice "abc" }} ⇒ hébcabc
{{ "abc" | len }} ⇒ 3
{{ len "abc" | printf "%d" }} ⇒ 3
{{ (print 1 2) | len }} ⇒ 3
{{ printf "%s" (index .Messages 0).Content }} ⇒ S<1>
{{ len (printf "%s" .Tools) }} ⇒ 274
{{ print (len .Messages) }} ⇒ 4
{{ (index .Tools 0).Function.Parameters.Properties.city.Type }} ⇒ string
{{ (index .Tools 0).Function.Parameters.Properties.nope }} ⇒ {[]  <nil>  [] <nil> []}
{{ (index .Tools 0).Function.Parameters.Properties.o.Properties }} ⇒ <nil>
{{ json (index .Tools 0).Function.Parameters.Properties.o }} ⇒ {}
`,
  printing: String.raw`
{{ printf "%v" .Missing }}|{{ print .Missing 1 }} ⇒ <nil>|<nil> 1
{{ printf "%s %d %v %q %t" "a" 1 2.5 "q\"" true }} ⇒ a 1 2.5 "q\"" true
{{ printf "%5t|%-6t|%v" true false true }} ⇒  true|false |true
{{ printf "%v %v" .Think nil }} ⇒ true <nil>
{{ "x" | printf "%s-%s" "y" }} ⇒ y-x
{{ "a" | printf "%s" | printf "%q" }} ⇒ "a"
{{ print nil }} ⇒ <nil>
{{ ((1)) }}{{ (print (print 1)) }} ⇒ 11
{{ $x :=1 | printf "%d" }}{{ $x }} ⇒ 1
{{ toTypeScriptType 1 }} ⇒ any
{{ .System | json | json }} ⇒ "\"S\\u003c1\\u003e\""
`,
  variables: String.raw`
{{ $x := .Missing }}{{ $x.Foo }} ⇒ <no value>
{{ $x := 1 }}{{ $x := $x }}{{ $x }} ⇒ 1
{{ $x:=1 }}{{$x}} ⇒ 1
{{ $.System }}{{ $.Missing }} ⇒ S<1><no value>
`,
  'constants and fields': String.raw`
{{ .Missing }} ⇒ <no value>
{{ (.Missing).Foo }} ⇒ <no value>
{{ 'a' }}{{ '\n' }}{{ '\u00e9' }}{{ 'é' }} ⇒ 9710233233
{{ "\xc3\xa9" }} ⇒ é
{{ '\'' }}{{ '"' }} ⇒ 3934
{{ 9223372036854775807 }} ⇒ 9223372036854775807
{{ true }}{{ false }} ⇒ truefalse
{{ 1 | }} ⇒ 1
{{ "}}" }}{{ "{{" }} ⇒ }}{{
{{ .éà }} ⇒ <no value>
`,
}

const input = {
  messages: [
    { role: 'system', content: 'S<1>' },
    { role: 'user', content: 'héllo' },
    {
      role: 'assistant',
      content: '',
      thinking: 'hm',
      toolCalls: [
        { id: 'c1', function: { name: 'f', index: 1, arguments: { b: 1, a: [1, 2.5] } } },
      ],
    },
    { role: 'tool', content: 'r1', toolName: 'f', toolCallId: 'c1' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'get',
        description: 'D',
        parameters: {
          type: 'object',
          required: ['city'],
          properties: {
            city: { type: 'string', description: 'City', enum: ['Paris', 1] },
            b: { type: ['string', 'null'] },
            n: { type: 'array', items: { type: 'number' } },
          },
        },
      },
    },
  ],
  think: true,
  thinkLevel: 'high',
  isThinkSet: true,
}

/** Without it Ollama would render turn by turn and append the answer. */
const namesMessages = '{{ range .Messages }}{{ end }}'

describe.each(Object.entries(groups))('%s', (_, table) => {
  const lines = table
    .trim()
    .split('\n')
    .map((line) => line.split(' ⇒ '))
  test.each(lines)('%s prints %s', (template = '', printed = '') => {
    expect(renderPrompt(parseGoTemplate(template + namesMessages), input)).toBe(printed)
  })
})
