import { bareCallTag } from './call-tag.ts'
import type { ThoughtTags } from './thought-tags.ts'

/** What a chat template out of a GGUF file says of its model. The words are those of the templates that models carry. */

/** True when the template shows tools to the model. */
export function jinjaTakesTools(source: string): boolean {
  return /\{%-?\s*(?:if|for|set)\b[^%]*\btools\b/.test(source)
}

/** In this order: a template may name those of others in its words on how to call. */
const callTags = [
  '<tool_call>',
  '[TOOL_CALLS]',
  '<|tool_call|>',
  '<function_call>',
  '<｜tool▁calls▁begin｜>',
  '<|tool_calls_section_begin|>', // Kimi K2
  '<|tools_prefix|>', // Apertus
  '<|function_call|>', // GigaChat
  '<|START_ACTION|>', // Command R7B, Command A
  '<|tool_calls|>', // Solar
  '<tool_calls>', // MiniMax M1
  '<function=', // functionary
]

/** What the model writes before a call of a tool. */
export function jinjaCallTag(source: string): string {
  return callTags.find((tag) => source.includes(tag)) ?? bareCallTag
}

/** The tags of thoughts; undefined where the template has none. */
export function jinjaThoughtTags(source: string): ThoughtTags | undefined {
  const tags = { open: '<think>', close: '</think>' }
  if (source.includes('<|channel|>analysis')) {
    return { open: '<|channel|>analysis<|message|>', close: '<|end|>' }
  }
  return source.includes(tags.close) ? tags : undefined
}
