import { encodeGoJson, type JsonValue } from '../go-json/index.ts'
import type { Block, MessagesRequest } from './request.ts'

/**
 * Tokens of a request as Ollama guesses them, four bytes to one, because a stream must name a number before the prompt is
 * read. Source: Ollama anthropic/anthropic.go, estimateTokens.
 */
export function estimateTokens({ system, messages, tools }: MessagesRequest): number {
  const parts = [
    systemBytes(system),
    ...messages.map(({ role, content }) => bytesOf(role) + sum(content.map(blockBytes))),
    ...tools.map(
      ({ name, description, inputSchema = '' }) =>
        bytesOf(name) + bytesOf(description) + bytesOf(inputSchema),
    ),
  ]
  return Math.max(1, Math.floor(sum(parts) / 4))
}

function systemBytes(system: JsonValue): number {
  if (system === null) return 0
  if (typeof system === 'string') return bytesOf(system)
  if (!Array.isArray(system)) return bytesOf(encodeGoJson(system))
  return sum(
    system.map((block) => {
      const { text, thinking } = (block ?? {}) as { text?: unknown; thinking?: unknown }
      return sum([text, thinking].map((one) => (typeof one === 'string' ? bytesOf(one) : 0)))
    }),
  )
}

function blockBytes(block: Block): number {
  const { type, text = '', thinking = '', id, name, input, toolUseId, content } = block
  const said = bytesOf(text) + bytesOf(thinking)
  if (type !== 'tool_use' && type !== 'tool_result') return said
  const whole = {
    type,
    text: block.text,
    id: id || undefined,
    name: name || undefined,
    input,
    tool_use_id: toolUseId || undefined,
    content: content ?? undefined,
    thinking: block.thinking,
  }
  return said + bytesOf(encodeGoJson(whole))
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
