/**
 * Which tokens go into the next decode call. Pure. Answers that are being written come first, one token each, so that
 * nobody's stream waits for somebody's long prompt; what room is left is filled with prompts, oldest first, in chunks.
 * Beside a chunk all answers go in: the step is wide already, and in turns each would wait for several chunks.
 */
import type { BatchEntry } from './llama/batch.ts'

/** A sequence with work: tokens it must hold, and how many of them llama.cpp has in memory. */
export interface PendingSequence {
  readonly sequence: number
  readonly tokens: readonly number[]
  readonly evaluated: number
  /** Number of the batch in which it last had a part. */
  readonly steppedAt: number
}

/** Bounds of a batch. */
export interface BatchBounds {
  readonly batchTokensMax: number
  /** How many of so many running answers go in together where there is no prompt; the others take the next turns. */
  readonly widthFor: (answers: number) => number
  /** Tokens of prompts at most; beside so many running answers it bounds how long those wait for their next token. */
  readonly promptTokensFor: (answers: number) => number
}

/** What goes into the next decode call, and how many of the entries are those of running answers; these come first. */
export interface BatchPlan {
  readonly entries: readonly BatchEntry[]
  readonly answers: number
}

/** The next batch; sequences come in the order of their age. */
export function planBatch(sequences: readonly PendingSequence[], bounds: BatchBounds): BatchPlan {
  const entries: BatchEntry[] = []
  const missing = (s: PendingSequence) => s.tokens.length - s.evaluated
  const running = sequences.filter((s) => missing(s) === 1)
  const hasPrompts = running.length < sequences.length
  const width = hasPrompts ? running.length : bounds.widthFor(running.length)
  const answers = running
    .toSorted((a, b) => a.steppedAt - b.steppedAt)
    .slice(0, Math.min(width, bounds.batchTokensMax))
  for (const s of answers) entries.push(...entriesOf(s, 1))
  const room = bounds.batchTokensMax - entries.length
  let left = Math.min(room, bounds.promptTokensFor(answers.length))
  for (const s of sequences) {
    if (missing(s) <= 1 || left === 0) continue
    const count = Math.min(missing(s), left)
    entries.push(...entriesOf(s, count))
    left -= count
  }
  return { entries, answers: answers.length }
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
