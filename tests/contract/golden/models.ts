/** The models of the recording: six names, five of them on the same small weights (SmolLM2 135M). */
import type { FakeModel } from '../../support/fake-ollama/start.ts'

const weights = 'smollm2'

/** The tensors of a Llama with 30 blocks: only how many there are matters, for the size of show's answer. */
const blockTensors = 'attn_k attn_norm attn_output attn_q attn_v ffn_down ffn_gate ffn_norm ffn_up'
const tensors = [
  { name: 'output_norm.weight', type: 'F32', shape: [576] },
  { name: 'token_embd.weight', type: 'Q4_1', shape: [576, 49_152] },
  ...Array.from({ length: 30 }, (_, block) =>
    blockTensors
      .split(' ')
      .map((name) => ({ name: `blk.${block}.${name}.weight`, type: 'Q4_1', shape: [576, 576] })),
  ).flat(),
]

const chatTemplate = [
  '{{- if .Messages }}{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n',
  '{{ end }}<|im_start|>assistant\n{{ else }}{{ if .System }}<|im_start|>system\n{{ .System }}',
  '<|im_end|>\n{{ end }}{{ if .Prompt }}<|im_start|>user\n{{ .Prompt }}<|im_end|>\n{{ end }}',
  '<|im_start|>assistant\n{{ end }}{{ .Response }}{{ if .Response }}<|im_end|>\n{{ end }}',
].join('')

const common = { weights, tensors, contextLength: 8192, embeddingLength: 576 } as const

/** The set, for `startFakeOllama`. */
export const goldenModels: readonly FakeModel[] = [
  {
    ...common,
    name: 'smol',
    template: chatTemplate,
    parameters: { num_thread: 1, stop: ['<|im_end|>', '<|im_start|>'] },
  },
  {
    ...common,
    name: 'smol-tools',
    layout: 'chat-open',
    capabilities: ['completion', 'tools'],
    parameters: { num_thread: 1, stop: ['<|im_end|>'] },
  },
  {
    ...common,
    name: 'smol-think',
    layout: 'chat-think',
    capabilities: ['completion', 'thinking'],
    parameters: { num_thread: 1, stop: ['<|im_end|>'] },
  },
  {
    ...common,
    name: 'smol-fim',
    layout: 'insert',
    capabilities: ['completion', 'insert'],
    template:
      '{{- if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}',
    parameters: { num_thread: 1, stop: ['<PRE>', '<SUF>', '<MID>'] },
  },
  {
    ...common,
    name: 'smol-sys',
    parentModel: 'smol:latest',
    template: chatTemplate,
    system: 'You are terse & <polite>.',
    licenses: ['First licence text.', 'Second licence text.'],
    parameters: {
      num_thread: 1,
      temperature: 0,
      seed: 7,
      num_predict: 4,
      top_k: 20,
      stop: ['<|im_end|>', 'STOP'],
    },
    messages: [
      { role: 'user', content: 'Say one.' },
      { role: 'assistant', content: 'One.' },
    ],
  },
  {
    name: 'smol-embed',
    isBroken: true,
    capabilities: ['embedding'],
    sizeBytes: 712,
    parameterSize: '32',
    quantization: 'unknown',
    tensors: [{ name: 'token_embd.weight', type: 'F32', shape: [32, 1] }],
  },
]
