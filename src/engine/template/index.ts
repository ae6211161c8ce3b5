/**
 * Prompts of the embedded engine: Ollama's Go templates, evaluated by our own code, and the Jinja chat templates out of
 * GGUF files. Everything here is pure; the date comes with the input.
 */
export type { GoTemplate } from './ast.ts'
export { type CallStyle, callStyle } from './call-style.ts'
export { bareCallTag, callTag } from './call-tag.ts'
export type { PromptInput, PromptMessage, PromptToolCall } from './input.ts'
export { type JinjaInput, renderJinja } from './jinja.ts'
export { jinjaCallTag, jinjaTakesTools, jinjaThoughtTags } from './jinja-traits.ts'
export { formatFloat } from './number-format.ts'
export { parseGoTemplate } from './parser.ts'
export { renderPrompt } from './prompt.ts'
export { type ThoughtTags, thoughtTags } from './thought-tags.ts'
export { templateVariables } from './variables.ts'
