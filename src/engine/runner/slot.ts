/** The sequences of a context and who works in them. Which one a new request gets is decided here, pure. */
import { commonPrefix } from './batch-plan.ts'
import type { Sampler } from './llama/sampler.ts'
import { prefixHashes } from './prefix-hashes.ts'
import type { GenerateOptions, SlotFacts } from './protocol.ts'

/** An answer in work, or waiting for a sequence. */
export interface Job {
  readonly options: GenerateOptions
  readonly sampler: Sampler
  readonly startedMs: number
  isCancelled: boolean
  reusedTokens: number
  firstTokenMs: number | undefined
  made: number
}

/** A sequence of the context. `tokens` are those that it holds or shall hold; the first `evaluated` are in memory. */
export interface Slot {
  readonly sequence: number
  tokens: number[]
  evaluated: number
  usedMs: number
  /** The decode in which it last had a part: who waited longest goes first. */
  steppedAt: number
  /** From here on the memory is not what a fresh computation of `tokens` would give: no other answer may reuse it. */
  pureTokens: number
  /** So many tokens at the start may lie in cells that another sequence uses too: they must not be moved. */
  sharedTokens: number
  job: Job | undefined
}

/** Where a prompt goes, and whose memory it starts with. */
export interface Placement {
  readonly slot: Slot
  /** Set when the start of the prompt is to be copied from there. */
  readonly donor: Slot | undefined
  /** Tokens at the start of the prompt that need not be computed. */
  readonly reusedTokens: number
}

export function emptySlot(sequence: number): Slot {
  return {
    sequence,
    tokens: [],
    evaluated: 0,
    usedMs: 0,
    steppedAt: 0,
    pureTokens: Number.POSITIVE_INFINITY,
    sharedTokens: 0,
    job: undefined,
  }
}

/** As others see it. What another prompt may not reuse has no hash. */
export function factsOf(slot: Slot, salt: string, nowMs: number): SlotFacts {
  const busy = slot.job !== undefined
  const isFresh = !busy && slot.usedMs === 0
  const reusable = slot.tokens.slice(0, Math.min(slot.evaluated, slot.pureTokens))
  return {
    slot: slot.sequence,
    busy,
    tokens: slot.evaluated,
    ...(isFresh ? {} : { idleMs: busy ? 0 : Math.round(nowMs - slot.usedMs) }),
    prefixHashes: prefixHashes(reusable, salt),
  }
}

/**
 * The longest common prefix decides. It is continued where it lies when its sequence is free and would lose less than
 * half of what it holds; otherwise, where the memory can copy, it is copied to the free sequence longest unused, so that
 * neither a running answer nor somebody else's conversation is lost. Undefined when no sequence is free.
 */
export function placePrompt(
  slots: readonly Slot[],
  prompt: readonly number[],
  canCopy: boolean,
): Placement | undefined {
  const free = slots.filter(({ job }) => job === undefined)
  const [oldest] = free.toSorted((a, b) => a.usedMs - b.usedMs)
  if (oldest === undefined) return undefined
  const shared = new Map(slots.map((slot) => [slot, sharedWith(slot, prompt)]))
  const length = (slot: Slot) => shared.get(slot) ?? 0
  const best = (among: readonly Slot[], otherwise: Slot) =>
    among.reduce((found, next) => (length(next) > length(found) ? next : found), otherwise)
  const holder = canCopy ? best(slots, oldest) : best(free, oldest)
  // The last prompt token is always computed again: its output is what the first draw needs.
  const reusedTokens = Math.min(length(holder), prompt.length - 1)
  const isFree = holder.job === undefined
  const losesMuch = length(holder) < holder.evaluated / 2
  if (holder === oldest || (isFree && !(canCopy && losesMuch))) {
    return { slot: holder, donor: undefined, reusedTokens }
  }
  return { slot: oldest, donor: reusedTokens > 0 ? holder : undefined, reusedTokens }
}

function sharedWith(slot: Slot, prompt: readonly number[]): number {
  return Math.min(commonPrefix(slot.tokens, prompt), slot.evaluated, slot.pureTokens)
}
