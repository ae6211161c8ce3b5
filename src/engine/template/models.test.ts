import { describe, expect, test } from 'vitest'
import { type PromptInput, parseGoTemplate, renderPrompt } from './index.ts'

/**
 * Templates of our own in the manner of well-known models, with the constructs that published ones use, and the prompts
 * that Ollama 0.24 made of them.
 */
const templates = {
  llama2: String.raw`[INST] {{ if .System }}<<SYS>>
{{ .System }}
<</SYS>>

{{ end }}{{ .Prompt }} [/INST] {{ .Response }}</s>`,
  chatml: String.raw`{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}{{ if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ .Response }}<|im_end|>
`,
  llama3: String.raw`{{- if .System }}<|start_header_id|>system<|end_header_id|>

{{ .System }}<|eot_id|>{{ end }}
{{- range $i, $m := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if ne .Role "system" }}<|start_header_id|>{{ .Role }}<|end_header_id|>

{{ .Content }}{{ if not (and $last (eq .Role "assistant")) }}<|eot_id|>{{ end }}
{{- if and $last (ne .Role "assistant") }}<|start_header_id|>assistant<|end_header_id|>

{{ end }}
{{- end }}
{{- end }}`,
  'qwen tools': String.raw`{{- if or .System .Tools }}<|im_start|>system
{{- if .System }}
{{ .System }}
{{- end }}
{{- if .Tools }}

# Tools
<tools>
{{- range .Tools }}
{"type": "function", "function": {{ json .Function }}}
{{- end }}
</tools>
{{- end }}<|im_end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 -}}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ if .Content }}{{ .Content }}
{{- else if .ToolCalls }}<tool_call>
{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
{{ end }}</tool_call>
{{- end }}{{ if not $last }}<|im_end|>
{{ end }}
{{- else if eq .Role "tool" }}<|im_start|>user
<tool_response>
{{ .Content }}
</tool_response><|im_end|>
{{ end }}
{{- if and (ne .Role "assistant") $last }}<|im_start|>assistant
{{ end }}
{{- end }}`,
  mistral: String.raw`{{- range $index, $_ := .Messages }}
{{- if eq .Role "user" }}
{{- if and (le (len (slice $.Messages $index)) 2) $.Tools }}[AVAILABLE_TOOLS] {{ $.Tools }}[/AVAILABLE_TOOLS]
{{- end }}[INST] {{ if and (eq (len (slice $.Messages $index)) 1) $.System }}{{ $.System }}

{{ end }}{{ .Content }}[/INST]
{{- else if eq .Role "assistant" }}
{{- if .Content }} {{ .Content }}</s>
{{- else if .ToolCalls }}[TOOL_CALLS] [
{{- range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
{{- end }}]</s>
{{- end }}
{{- else if eq .Role "tool" }}[TOOL_RESULTS] {"content": {{ json .Content }}}[/TOOL_RESULTS]
{{- end }}
{{- end }}`,
  gemma: String.raw`{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if or (eq .Role "user") (eq .Role "system") }}<start_of_turn>user
{{ .Content }}<end_of_turn>
{{ if $last }}<start_of_turn>model
{{ end }}
{{- else if eq .Role "assistant" }}<start_of_turn>model
{{ .Content }}{{ if not $last }}<end_of_turn>
{{ end }}
{{- end }}
{{- end }}`,
  deepseek: String.raw`{{- if .System }}{{ .System }}{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1}}
{{- if eq .Role "user" }}<|User|>{{ .Content }}
{{- else if eq .Role "assistant" }}<|Assistant|>
{{- if and $.IsThinkSet (and $last .Thinking) }}<think>
{{ .Thinking }}
</think>
{{ end }}{{ .Content }}{{- if not $last }}<|end|>{{- end }}
{{- end }}
{{- if and $last (ne .Role "assistant") }}<|Assistant|>
{{- if and $.IsThinkSet $.Think }}<think>
{{ else if $.IsThinkSet }}<think>

</think>

{{ end }}
{{- end -}}
{{- end }}`,
  'command-r': String.raw`{{- if or .Tools .System }}<|SYSTEM|>
{{- if .Tools }}## Tools
{{- range .Tools }}
def {{ .Function.Name }}(
{{- range $name, $property := .Function.Parameters.Properties }}{{ $name }}: {{ $property.Type }}, {{ end }}):
    {{ .Function.Description }}
{{- range $name, $property := .Function.Parameters.Properties }}
    {{ $name }} ({{ toTypeScriptType $property }}): {{ with $property.Description }}{{ . }}{{ else }}-{{ end }}
{{- end }}
{{- end }}
{{ end }}{{ .System }}<|END|>
{{- end }}
{{- range .Messages }}
{{- if eq .Role "system" }}{{ continue }}{{ end }}<|{{ .Role }}|>{{ .Content }}
{{- range .ToolCalls }}
Action: {"tool_name": "{{ .Function.Name }}", "parameters": {{ .Function.Arguments }}}
{{- end }}<|END|>
{{- end }}<|assistant|>`,
  alpaca: String.raw`{{- $system := "" }}
{{- range .Messages }}
{{- if eq .Role "system" }}
{{- if $system }}{{ $system = printf "%s\n\n%s" $system .Content }}
{{- else }}{{ $system = .Content }}
{{- end }}
{{- else if eq .Role "user" }}
{{- with $system }}{{ . }}

{{ end }}{{ $system = "" }}### Instruction:
{{ .Content }}

{{ else if eq .Role "assistant" }}### Response:
{{ .Content }}

{{ end }}
{{- end }}### Response:
`,
} as const

const call = { function: { name: 'get_weather', arguments: { unit: 'C', city: 'Rome' } } }

const chats: Readonly<Record<string, PromptInput>> = {
  'system, turns and a question': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Bye' },
    ],
  },
  'a beginning to continue': {
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hel' },
    ],
  },
  tools: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', content: '12 degrees', toolName: 'get_weather' },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'Weather of a city',
          parameters: {
            type: 'object',
            required: ['city'],
            properties: {
              city: { type: 'string', description: 'The city' },
              unit: { type: 'string', enum: ['C', 'F'] },
            },
          },
        },
      },
    ],
  },
  'thinking on': {
    messages: [{ role: 'user', content: 'Hi' }],
    think: true,
    thinkLevel: 'high',
    isThinkSet: true,
  },
  'thinking off': { messages: [{ role: 'user', content: 'Hi' }], think: false, isThinkSet: true },
}

const prompts: Readonly<Record<keyof typeof templates, Readonly<Record<string, string>>>> = {
  llama2: {
    'system, turns and a question': `[INST] <<SYS>>
Be brief.
<</SYS>>

Hi [/INST] Hello</s>[INST] Bye [/INST] `,
    'a beginning to continue': `[INST] Hi [/INST] Hel`,
  },
  chatml: {
    'system, turns and a question': `<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Hi<|im_end|>
<|im_start|>assistant
Hello<|im_end|>
<|im_start|>user
Bye<|im_end|>
<|im_start|>assistant
`,
    'a beginning to continue': `<|im_start|>user
Hi<|im_end|>
<|im_start|>assistant
Hel`,
  },
  llama3: {
    'system, turns and a question': `<|start_header_id|>system<|end_header_id|>

Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>

Hi<|eot_id|><|start_header_id|>assistant<|end_header_id|>

Hello<|eot_id|><|start_header_id|>user<|end_header_id|>

Bye<|eot_id|><|start_header_id|>assistant<|end_header_id|>

`,
    'a beginning to continue': `<|start_header_id|>user<|end_header_id|>

Hi<|eot_id|><|start_header_id|>assistant<|end_header_id|>

Hel`,
  },
  'qwen tools': {
    'system, turns and a question': `<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Hi<|im_end|>
<|im_start|>assistant
Hello<|im_end|>
<|im_start|>user
Bye<|im_end|>
<|im_start|>assistant
`,
    'a beginning to continue': `<|im_start|>user
Hi<|im_end|>
<|im_start|>assistant
Hel`,
    tools: `<|im_start|>system
Be brief.

# Tools
<tools>
{"type": "function", "function": {"name":"get_weather","description":"Weather of a city","parameters":{"type":"object","required":["city"],"properties":{"city":{"type":"string","description":"The city"},"unit":{"type":"string","enum":["C","F"]}}}}}
</tools><|im_end|>
<|im_start|>user
Weather?<|im_end|>
<|im_start|>assistant
<tool_call>
{"name": "get_weather", "arguments": {"city":"Rome","unit":"C"}}
</tool_call><|im_end|>
<|im_start|>user
<tool_response>
12 degrees
</tool_response><|im_end|>
<|im_start|>assistant
`,
  },
  mistral: {
    'system, turns and a question': `[INST] Hi[/INST] Hello</s>[INST] Be brief.

Bye[/INST]`,
    'a beginning to continue': `[INST] Hi[/INST] Hel</s>`,
    tools: `[INST] Weather?[/INST][TOOL_CALLS] [{"name": "get_weather", "arguments": {"city":"Rome","unit":"C"}}]</s>[TOOL_RESULTS] {"content": "12 degrees"}[/TOOL_RESULTS]`,
  },
  gemma: {
    'system, turns and a question': `<start_of_turn>user
Be brief.<end_of_turn>
<start_of_turn>user
Hi<end_of_turn>
<start_of_turn>model
Hello<end_of_turn>
<start_of_turn>user
Bye<end_of_turn>
<start_of_turn>model
`,
    'a beginning to continue': `<start_of_turn>user
Hi<end_of_turn>
<start_of_turn>model
Hel`,
  },
  deepseek: {
    'system, turns and a question': `Be brief.<|User|>Hi<|Assistant|>Hello<|end|><|User|>Bye<|Assistant|>`,
    'a beginning to continue': `<|User|>Hi<|Assistant|>Hel`,
    'thinking on': `<|User|>Hi<|Assistant|><think>
`,
    'thinking off': `<|User|>Hi<|Assistant|><think>

</think>

`,
  },
  'command-r': {
    'system, turns and a question': `<|SYSTEM|>Be brief.<|END|><|user|>Hi<|END|><|assistant|>Hello<|END|><|user|>Bye<|END|><|assistant|>`,
    'a beginning to continue': `<|user|>Hi<|END|><|assistant|>Hel<|END|><|assistant|>`,
    tools: `<|SYSTEM|>## Tools
def get_weather(city: string, unit: string, ):
    Weather of a city
    city (string): The city
    unit (string): -
Be brief.<|END|><|user|>Weather?<|END|><|assistant|>
Action: {"tool_name": "get_weather", "parameters": {"city":"Rome","unit":"C"}}<|END|><|tool|>12 degrees<|END|><|assistant|>`,
  },
  alpaca: {
    'system, turns and a question': `Be brief.

### Instruction:
Hi

### Response:
Hello

### Instruction:
Bye

### Response:
`,
    'a beginning to continue': `### Instruction:
Hi

### Response:
Hel

### Response:
`,
  },
}

describe.each(Object.entries(prompts))('%s', (model, expected) => {
  test.each(Object.entries(expected))('%s', (chat, prompt) => {
    const template = templates[model as keyof typeof templates]
    expect(renderPrompt(parseGoTemplate(template), chats[chat] ?? {})).toBe(prompt)
  })
})
