import { expect, test } from 'vitest'
import { emptySlot, type Job, placePrompt, type Slot } from './slot.ts'

function slot(sequence: number, tokens: number[], more: Partial<Slot> = {}): Slot {
  return { ...emptySlot(sequence), tokens, evaluated: tokens.length, ...more }
}
const busy = { job: {} as Job }
const place = (slots: Slot[], prompt: number[], canCopy = true) => {
  const placement = placePrompt(slots, prompt, canCopy)
  return placement && [placement.slot.sequence, placement.donor?.sequence, placement.reusedTokens]
}

test('a conversation goes on where it lies', () => {
  const slots = [slot(0, [1, 2, 3]), slot(1, [1, 2, 3, 4]), slot(2, [])]
  expect(place(slots, [1, 2, 3, 4, 5])).toEqual([1, undefined, 4])
})

test('the last token of a prompt is always computed again', () => {
  expect(place([slot(0, [1, 2, 3])], [1, 2, 3])).toEqual([0, undefined, 2])
})

test('without anything in common the sequence longest unused is taken', () => {
  const slots = [slot(0, [9], { usedMs: 5 }), slot(1, [8], { usedMs: 3 })]
  expect(place(slots, [1, 2])).toEqual([1, undefined, 0])
})

test('a short start in common is copied: the long rest is somebody else’s conversation', () => {
  const slots = [slot(0, [1, 2, 3, 4, 5, 6, 7], { usedMs: 9 }), slot(1, [])]
  expect(place(slots, [1, 2, 8])).toEqual([1, 0, 2])
  expect(place(slots, [1, 2, 8], false)).toEqual([0, undefined, 2])
})

test('what a running answer holds is copied, as far as it is computed and pure', () => {
  const running = slot(0, [1, 2, 3, 4], { ...busy, evaluated: 3 })
  expect(place([running, slot(1, [])], [1, 2, 3, 4, 5])).toEqual([1, 0, 3])
  expect(place([{ ...running, pureTokens: 1 }, slot(1, [])], [1, 2, 3, 4, 5])).toEqual([1, 0, 1])
  expect(place([running, slot(1, [])], [1, 2, 3, 4, 5], false)).toEqual([1, undefined, 0])
})

test('when all are busy it waits', () => {
  expect(place([slot(0, [1], busy)], [1, 2])).toBeUndefined()
})
