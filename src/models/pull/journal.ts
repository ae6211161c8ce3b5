/** The text beside a partial blob that says which of its parts are there. Pure. */

/** What a journal says. */
export interface Journal {
  readonly sizeBytes: number
  readonly partBytes: number
  /** Checksum of each part that was written, by its index. */
  readonly parts: ReadonlyMap<number, string>
}

/** A journal that was read. */
export interface ReadJournal extends Journal {
  /** Bytes of it up to the end of the last line that is whole. */
  readonly wholeBytes: number
}

/** The first line: what the parts are parts of. */
export function journalHead({ sizeBytes, partBytes }: Omit<Journal, 'parts'>): string {
  return `blob ${sizeBytes} ${partBytes}\n`
}

/** One line per part. */
export function journalLine(index: number, hex: string): string {
  return `part ${index} ${hex}\n`
}

/**
 * Reads a journal; undefined when its head is not whole. A line that is not whole is the last that was being written, and
 * counts for nothing; neither does one that is damaged.
 */
export function readJournal(text: string): ReadJournal | undefined {
  const lines = text.split('\n').slice(0, -1)
  const head = /^blob (\d{1,15}) (\d{1,15})$/.exec(lines[0] ?? '')
  if (head === null) return undefined
  const parts = new Map<number, string>()
  for (const line of lines.slice(1)) {
    const [, index, hex = ''] = /^part (\d{1,9}) ([0-9a-f]{8})$/.exec(line) ?? []
    if (index !== undefined) parts.set(Number(index), hex)
  }
  const wholeBytes = text.lastIndexOf('\n') + 1 // all of it is ASCII where it is sound
  return { sizeBytes: Number(head[1]), partBytes: Number(head[2]), parts, wholeBytes }
}
