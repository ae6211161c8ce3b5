/**
 * A stand-in for a language model. The next word depends on nothing but the text so far, so that an answer that goes on
 * from rendered prompt and text so far is the answer that would have come, as with a real model at temperature 0.
 */
import { createHash } from 'node:crypto'

const words =
  'air sea light wave glass stone river field cloud north green seven quiet early paper metal'.split(
    ' ',
  )

/** Opens an answer in the layouts that have turns. */
export const answerHeader = '<|im_start|>assistant\n'

/** Vocabulary size of the model that the recorded answers come from. */
const vocabulary = 49_152

/** Cuts text into what counts as a token here: special tokens, words with the space before them, single spaces. */
export function tokensOf(text: string): string[] {
  return text.match(/<\|[^|]*\|>|\s?[^\s<]+|\s|</g) ?? []
}

/** Numbers for the `context` of an answer. */
export function tokenIds(text: string): number[] {
  return tokensOf(text).map((token) => hashOf(token) % vocabulary)
}

/** Words that already stand in the last, open answer of a prompt. */
export function wordsSaid(prompt: string): number {
  const at = prompt.lastIndexOf(answerHeader)
  return at < 0 ? 0 : tokensOf(prompt.slice(at + answerHeader.length)).length
}

/** What follows stands at the start of a line or of a turn, and so has no space before it. */
export function isLineStart(prompt: string): boolean {
  return prompt === '' || /[\n>]$/.test(prompt)
}

/** Says one word after the other, each decided by the prompt and the words before. */
export class Babbler {
  #hash: number
  #isAtStart: boolean
  readonly #salt: number

  /** Temperature 0 takes no notice of the seed. */
  constructor(prompt: string, temperature: number, seed: number) {
    this.#hash = fnv(fnvStart, prompt)
    this.#isAtStart = isLineStart(prompt)
    this.#salt = temperature === 0 ? 0 : seed
  }

  /** The next word, with the space before it. */
  next(): string {
    const word = this.#isAtStart
      ? 'The'
      : ` ${words[(mixed(this.#hash) + this.#salt) % words.length]}`
    this.#isAtStart = false
    this.#hash = fnv(this.#hash, word)
    return word
  }
}

/** A vector that depends on the text alone; of length one if wanted. */
export function vectorOf(text: string, dimensions: number, isUnit: boolean): number[] {
  const bytes = createHash('shake256', { outputLength: dimensions }).update(text).digest()
  const raw = [...bytes].map((byte) => byte / 127.5 - 1)
  const length = isUnit ? Math.hypot(...raw) : 1
  return raw.map((x) => Number((x / length).toPrecision(8)))
}

const fnvStart = 0x811c9dc5

/** FNV-1a, 32 bits, carried on over more text. */
function fnv(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Spreads a hash over all its bits: the low ones of FNV alone are poor. */
function mixed(hash: number): number {
  const spread = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (spread ^ (spread >>> 16)) >>> 0
}

function hashOf(text: string): number {
  return mixed(fnv(fnvStart, text))
}
