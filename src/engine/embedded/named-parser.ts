/** Ollama's own readers of answers, by the names that a model's config calls, and which of ours reads the same. */
import type { TemplateTraits } from './capabilities.ts'

/** What a name tells; what is absent is as the template shows it. */
type Named = Partial<Pick<TemplateTraits, 'takesTools' | 'callStyle' | 'callTag' | 'thoughtTags'>>

const thoughts = { open: '<think>', close: '</think>' }
const json = { takesTools: true, callStyle: 'json', callTag: '<tool_call>' } as const
const functionTags = { takesTools: true, callStyle: 'function-tags' } as const
const argumentTags = { takesTools: true, callStyle: 'argument-tags' } as const
const deepseek = {
  takesTools: true,
  callStyle: 'json',
  callTag: '<｜tool▁calls▁begin｜>',
  thoughtTags: thoughts,
} as const

/**
 * Those that read a form which ours read as well. The others (`functiongemma`, `gemma4`, `lfm2`, `olmo3`) have forms of their own, for
 * which there is no reader here. Source: Ollama model/parsers/parsers.go at v0.24.0, ParserForName.
 */
const namedParsers: ReadonlyMap<string, Named> = new Map<string, Named>([
  ['qwen3', { ...json, thoughtTags: undefined }],
  ['qwen3-thinking', { ...json, thoughtTags: thoughts }],
  ['qwen3-vl-instruct', { ...json, thoughtTags: undefined }],
  ['qwen3-vl-thinking', { ...json, thoughtTags: thoughts }],
  ['qwen3-coder', { ...functionTags, thoughtTags: undefined }],
  ['qwen3.5', { ...functionTags, thoughtTags: thoughts }],
  ['nemotron-3-nano', { ...functionTags, thoughtTags: thoughts }],
  ['glm-4.7', { ...argumentTags, thoughtTags: thoughts }],
  ['laguna', { ...argumentTags, thoughtTags: thoughts }],
  ['ministral', { takesTools: true, callStyle: 'json', callTag: '[TOOL_CALLS]' }],
  ['deepseek3', deepseek],
  ['cogito', deepseek],
  ['harmony', { takesTools: true, callStyle: 'harmony' }],
])

/** The traits of a model whose config names that parser. */
export function withParser(traits: TemplateTraits, parser: string): TemplateTraits {
  return { ...traits, ...namedParsers.get(parser) }
}
