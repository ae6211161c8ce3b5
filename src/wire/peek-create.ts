import { type MemberSpan, scanMembers, stringAt } from './members.ts'

/** What the body of a create is to be made of, as far as choosing an engine needs it. */
export interface CreatePeek {
  /** The model it starts from, as the client spelt it; absent where none is named. */
  readonly from?: string
  /** The server that answers in its place, where it is only a name for a model there; '' for one too long to be a URL. */
  readonly remoteHost?: string
  /** Texts in the place of a digest in `files`, which an engine does not look at when `from` is there. */
  readonly files: readonly string[]
  /** The same in `adapters` and `draft_files`. */
  readonly additions: readonly string[]
}

/** Every character of a name or a digest written as an escape, and more: a longer text is neither. */
const textBytesMax = 6 * 1_024

/**
 * Reads the fields above in one pass, without building the values. As in Go's decoder, of equal keys the last counts for a
 * text and all count for a map. A text too long to be what it stands for is ''; what is no text at all is left for the
 * engine to refuse. Never throws.
 */
export function peekCreate(body: Buffer): CreatePeek {
  let from = ''
  let remoteHost: string | undefined
  const files = new Set<string>()
  const additions = new Set<string>()
  scanMembers(body, (key, value) => {
    if (key === 'from') from = textAt(body, value) ?? from
    if (key === 'remote_host') remoteHost = isEmptyText(value) ? undefined : textAt(body, value)
    if (key === 'files') addTexts(files, body, value)
    if (key === 'adapters' || key === 'draft_files') addTexts(additions, body, value)
  })
  return {
    ...(from === '' ? {} : { from }),
    ...(remoteHost === undefined ? {} : { remoteHost }),
    files: [...files],
    additions: [...additions],
  }
}

/** The last text that stands under `key` at the top level; undefined when there is none. For names of models. */
export function peekText(body: Buffer, key: string): string | undefined {
  let text: string | undefined
  scanMembers(body, (name, value) => {
    if (name === key) text = textAt(body, value) ?? text
  })
  return text
}

function isEmptyText({ start, end }: MemberSpan): boolean {
  return end - start === 2
}

function addTexts(texts: Set<string>, body: Buffer, { start, end }: MemberSpan): void {
  if (body[start] !== 0x7b) return
  const map = body.subarray(start, end)
  scanMembers(map, (_, value) => {
    const text = textAt(map, value)
    if (text !== undefined) texts.add(text)
  })
}

function textAt(bytes: Buffer, value: MemberSpan): string | undefined {
  if (bytes[value.start] !== 0x22) return undefined
  return value.end - value.start > textBytesMax ? '' : stringAt(bytes, value)
}
