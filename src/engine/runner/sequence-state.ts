/** Takes what a sequence holds out of a context, and puts it into one. Both between two decodes. */
import { OdError } from '../../core/errors/index.ts'
import type { Context } from './llama/context.ts'
import { type SequenceState, stateBytesMax } from './sequence-file.ts'
import type { Slot } from './slot.ts'

/** Throws `OD_SEQUENCE_UNSAVED` when there is nothing, or too much. */
export function takeSequence(
  slots: readonly Slot[],
  context: Context,
  index: number,
): SequenceState {
  const slot = slots[index]
  if (slot === undefined || slot.evaluated === 0) throw unsaved('it holds nothing')
  if (slot.pureTokens < 1) throw unsaved('no other answer could reuse what it holds')
  const bytes = context.stateBytes(slot.sequence)
  if (bytes > stateBytesMax) throw unsaved(`${bytes} bytes are more than ${stateBytesMax}`)
  const state = context.stateOf(slot.sequence)
  const tokens = slot.tokens.slice(0, context.lengthOf(slot.sequence))
  if (state === undefined || tokens.length < slot.evaluated) throw unsaved('llama.cpp gave none')
  return { tokens, pureTokens: Math.min(slot.pureTokens, slot.evaluated), state }
}

/** Puts it into the free sequence longest unused; returns which. Throws `OD_SEQUENCE_NO_ROOM`, `OD_SEQUENCE_FOREIGN`. */
export function putSequence(
  slots: readonly Slot[],
  context: Context,
  sequence: SequenceState,
  bounds: { readonly contextTokens: number; readonly nowMs: number },
): number {
  const { tokens, pureTokens, state } = sequence
  if (tokens.length >= bounds.contextTokens) throw foreign('it is longer than the context')
  const free = slots.filter(({ job }) => job === undefined)
  const [slot] = free.toSorted((a, b) => a.usedMs - b.usedMs)
  if (slot === undefined) throw new OdError('OD_SEQUENCE_NO_ROOM')
  slot.tokens = []
  slot.evaluated = 0
  slot.sharedTokens = 0
  if (!context.putState(slot.sequence, state)) throw foreign('llama.cpp refuses it')
  slot.tokens = [...tokens]
  slot.evaluated = Math.min(context.lengthOf(slot.sequence), tokens.length)
  slot.pureTokens = pureTokens < tokens.length ? pureTokens : Number.POSITIVE_INFINITY
  slot.usedMs = bounds.nowMs
  return slot.sequence
}

function unsaved(reason: string): OdError {
  return new OdError('OD_SEQUENCE_UNSAVED', { reason })
}

function foreign(reason: string): OdError {
  return new OdError('OD_SEQUENCE_FOREIGN', { reason })
}
