/** Which of the readers takes a reply apart. */
import {
  CallReader,
  callFormats,
  HarmonyReader,
  type OfferedTool,
  ReplyReader,
  type ReplyTaker,
  TaggedCallReader,
  type ThoughtSplitter,
} from '../../reply/index.ts'
import type { TemplateTraits } from '../capabilities.ts'

/** For an answer to that prompt by a model of these traits. One that has a form to keep says nothing of channels; neither does one to a raw prompt. */
export function replyTaker(of: {
  readonly traits: TemplateTraits
  readonly splitter: ThoughtSplitter | undefined
  readonly prompt: string
  readonly tools: readonly OfferedTool[]
  readonly hasFormat: boolean
}): ReplyTaker {
  const { traits, splitter, prompt, tools, hasFormat } = of
  const { callStyle, callTag } = traits
  const names = tools.map(({ name }) => name)
  if (callStyle === 'harmony' && !hasFormat && prompt.includes('<|start|>'))
    return new HarmonyReader(names, prompt)
  if (tools.length === 0) return new ReplyReader(splitter, undefined)
  if (callStyle === 'function-tags' || callStyle === 'argument-tags') {
    return new ReplyReader(splitter, new TaggedCallReader(callFormats[callStyle], tools))
  }
  return new ReplyReader(splitter, new CallReader(callTag, names))
}
