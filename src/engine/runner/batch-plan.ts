/**
 * Which tokens go into the next decode call. Pure. Answers that are being written come first, one token each, so that
 * nobody's stream waits for somebody's long prompt; what room is left is filled with prompts, oldest first, in chunks.
 */
import type { BatchEntry } from './llama/batch.ts'

/** A sequence with work: tokens it must hold, and how many of them llama.cpp has in memory. */
export interface PendingSequence {
  readonly sequence: number
  readonly tokens: readonly number[]
  readonly evaluated: number
}

/** Bounds of a batch, in tokens. */
export interface BatchBounds {
  readonly batchTokensMax: number
  /** Prompt tokens beside running answers: bounds how long those wait for their next token. */
  readonly promptTokensBesideAnswers: number
}

/** The entries of the next batch, in the order in which they go in; sequences come in the order of their age. */
export function planBatch(
  sequences: readonly PendingSequence[],
  bounds: BatchBounds,
): BatchEntry[] {
  const entries: BatchEntry[] = []
  const missing = (s: PendingSequence) => s.tokens.length - s.evaluated
  const answers = sequences.filter((s) => missing(s) === 1).slice(0, bounds.batchTokensMax)
  for (const s of answers) entries.push(...entriesOf(s, 1))
  const room = bounds.batchTokensMax - entries.length
  let left = answers.length > 0 ? Math.min(room, bounds.promptTokensBesideAnswers) : room
  for (const s of sequences) {
    if (missing(s) <= 1 || left === 0) continue
    const count = Math.min(missing(s), left)
    entries.push(...entriesOf(s, count))
    left -= count
  }
  return entries
}

function entriesOf(s: PendingSequence, count: number): BatchEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const position = s.evaluated + index
    return {
      sequence: s.sequence,
      token: s.tokens[position] ?? 0,
      position,
      wantsOutput: position === s.tokens.length - 1,
    }
  })
}

/** How many tokens two prompts have in common from their start. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const shorter = Math.min(a.length, b.length)
  let length = 0
  while (length < shorter && a[length] === b[length]) length++
  return length
}
