/**
 * What a model says, taken apart while it comes: thoughts, text, calls of tools. Pure; knows no template and no tokenizer.
 */
import type { CallFormat } from './call-format.ts'
import { argumentTags, functionTags } from './xml-calls.ts'

export { type OfferedTool, offeredTool } from './call-format.ts'
export { CallReader, type FoundCall } from './call-reader.ts'
export { HarmonyReader } from './harmony-reader.ts'
export { type ReplyPart, ReplyReader, type ReplyTaker } from './reply-reader.ts'
export { TaggedCallReader } from './tagged-call-reader.ts'
export { ThoughtSplitter } from './thought-splitter.ts'

/** Forms of calls that are no JSON. */
export const callFormats: Readonly<Record<'function-tags' | 'argument-tags', CallFormat>> = {
  'function-tags': functionTags,
  'argument-tags': argumentTags,
}
