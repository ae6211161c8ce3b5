/**
 * What a model says, taken apart while it comes: thoughts, text, calls of tools. Pure; knows no template and no tokenizer.
 */
export { CallReader, type FoundCall } from './call-reader.ts'
export { type ReplyPart, ReplyReader } from './reply-reader.ts'
export { ThoughtSplitter } from './thought-splitter.ts'
