import type { JsonObject } from '../../wire/go-json/index.ts'
import type { FoundCall } from './calls-in.ts'
import { overlap } from './overlap.ts'
import type { ReplyPart } from './reply-reader.ts'

const startTag = '<|start|>'
const messageTag = '<|message|>'
/** `<|call|>` and `<|return|>` mostly end the answer and then have no text. */
const endTags = ['<|end|>', '<|call|>', '<|return|>', startTag]

/** A head is a role, a channel and a tool's name. */
const headCharsMax = 4_096

/**
 * Takes an answer of gpt-oss apart: messages in channels, of which `analysis` is thought, one that goes to a tool is a call,
 * and others are text. Heads and tags are never shown. Source: ollama/ollama harmony/harmonyparser.go.
 */
export class HarmonyReader {
  readonly #tools: readonly string[]
  #state: 'between' | 'head' | 'body' = 'head'
  #kind: 'thought' | 'text' | 'call' = 'text'
  #held: string
  #tool = ''
  #arguments = ''

  /** `tools`: names of those that were offered. The prompt's open message is the one that the answer goes on with. */
  constructor(tools: readonly string[], prompt: string) {
    this.#tools = tools
    const open = prompt.slice(prompt.lastIndexOf(startTag) + 1).slice(startTag.length - 1)
    const isOpen = prompt.includes(startTag) && !endTags.some((tag) => open.includes(tag))
    const head = isOpen ? open : 'assistant'
    const body = head.indexOf(messageTag)
    this.#held = body < 0 ? head : head.slice(0, body + messageTag.length)
  }

  /** Takes the next piece; returns what may be shown now. */
  push(piece: string): ReplyPart {
    this.#held += piece
    const shown = { thinking: '', text: '', calls: [] as FoundCall[] }
    while (this.#step(shown)) {}
    return shown
  }

  /** What was held back, when no more will come; a call is complete when its arguments are. */
  finish(): ReplyPart {
    const shown = { thinking: '', text: '', calls: [] as FoundCall[] }
    if (this.#state !== 'body') return shown
    this.#show(this.#held, shown)
    this.#end(shown)
    return shown
  }

  /** False when it takes more to go on. */
  #step(shown: Shown): boolean {
    if (this.#state === 'between') return this.#skipTo(startTag, 'head')
    if (this.#state === 'head') {
      const head = this.#held.slice(0, Math.max(0, this.#held.indexOf(messageTag)))
      const isTooLong = this.#held.length > headCharsMax && head === ''
      if (isTooLong) return this.#becomeText()
      if (!this.#skipTo(messageTag, 'body')) return false
      this.#readHead(head)
      return true
    }
    const ends = endTags.map((tag) => ({ tag, at: this.#held.indexOf(tag) }))
    const [first] = ends.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)
    if (first === undefined) {
      const kept = Math.max(...endTags.map((tag) => overlap(this.#held, tag)))
      this.#show(this.#held.slice(0, this.#held.length - kept), shown)
      this.#held = this.#held.slice(this.#held.length - kept)
      return false
    }
    this.#show(this.#held.slice(0, first.at), shown)
    this.#end(shown)
    this.#held = this.#held.slice(first.at + first.tag.length)
    this.#state = first.tag === startTag ? 'head' : 'between'
    return true
  }

  #becomeText(): boolean {
    this.#kind = 'text'
    this.#state = 'body'
    return true
  }

  #skipTo(tag: string, next: 'head' | 'body'): boolean {
    const at = this.#held.indexOf(tag)
    if (at < 0) {
      if (next === 'head')
        this.#held = this.#held.slice(this.#held.length - overlap(this.#held, tag))
      return false
    }
    this.#held = this.#held.slice(at + tag.length)
    this.#state = next
    return true
  }

  #readHead(head: string): void {
    const [, channel = ''] = /<\|channel\|>(\S*?)(?=\s|<\||$)/.exec(head) ?? []
    const [, recipient] = /(?:^|\s|>)to=(\S+?)(?=\s|<\||$)/.exec(head) ?? []
    this.#tool = recipient ?? ''
    this.#arguments = ''
    this.#kind = channel === 'analysis' ? 'thought' : 'text'
    if (recipient !== undefined) this.#kind = 'call'
  }

  #show(text: string, shown: Shown): void {
    if (this.#kind === 'thought') shown.thinking += text
    else if (this.#kind === 'text') shown.text += text
    else this.#arguments += text
  }

  #end(shown: Shown): void {
    if (this.#kind !== 'call') return
    this.#kind = 'text'
    const written = this.#tool.replace(/^functions\./, '')
    const name = this.#tools.find((tool) => tool === written || identifierOf(tool) === written)
    const args = parseObject(this.#arguments)
    if (name !== undefined && args !== undefined) shown.calls.push({ name, arguments: args })
  }
}

interface Shown {
  thinking: string
  text: string
  readonly calls: FoundCall[]
}

/** A tool's name as the model sees it, an identifier of TypeScript. */
function identifierOf(name: string): string {
  const kept = name.replaceAll(/[ .-]/g, '_').replaceAll(/[^\p{L}\p{Nd}_$]/gu, '')
  return /^\d/.test(kept) ? `_${kept}` : kept
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as unknown
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as JsonObject) : undefined
  } catch {
    return undefined // a model's text need not be JSON
  }
}
