/** The models of the recording for engines that run real weights, with the templates of the recording. */
import { goldenModels } from './models.ts'

const toolsTemplate = [
  '{{- if .Tools }}<|im_start|>system\nTools:\n{{ range .Tools }}{{ . }}\n{{ end }}<|im_end|>\n',
  '{{ end }}{{- range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 }}',
  '<|im_start|>{{ .Role }}\n{{ .Content }}{{ if .ToolCalls }}{{ range .ToolCalls }}',
  '{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}{{ end }}',
  '{{ if not (and $last (eq .Role "assistant")) }}<|im_end|>\n{{ end }}',
  '{{ if and $last (ne .Role "assistant") }}<|im_start|>assistant\n{{ end }}{{ end }}',
].join('')

const thinkTemplate = [
  '{{- range .Messages }}<|im_start|>{{ .Role }}\n',
  '{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>\n{{ end }}',
  '<|im_start|>assistant\n{{ if and $.IsThinkSet $.Think }}<think>',
  '{{ else if $.IsThinkSet }}<think></think>{{ end }}',
].join('')

const templates: Readonly<Record<string, string>> = {
  'smol-tools': toolsTemplate,
  'smol-think': thinkTemplate,
}

/** Bodies for `/api/create`, without the weights. */
export const realModels: readonly Readonly<Record<string, unknown>>[] = goldenModels.map(
  ({ name, template, system, licenses, parameters, messages }) => ({
    model: name,
    template: templates[name] ?? template,
    system,
    license: licenses,
    parameters,
    messages,
  }),
)
