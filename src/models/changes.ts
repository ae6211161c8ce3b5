/**
 * Models of a store that changed and that nobody else was told of yet. A name is noted before its manifest changes, so that a kill at any
 * step leaves no change without a note; what became of it is read from the store whenever somebody asks, so that a note is never wrong.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { type ModelName, parseModelName, qualifiedName } from '../core/model-name.ts'
import { readBytes, readTextIfThere, writeWhole } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import { isThere } from '../sys/store-files.ts'
import { manifestLimits } from '../wire/manifest.ts'
import { manifestFile } from './store-layout.ts'

/** More than a store shows models; with more, the oldest are forgotten, and all models must be compared. */
const notesMax = 10_000

/** Version of the file's form. */
const form = 1

const note = z.object({
  /** All four parts. */
  model: z.string(),
  /** Digest of the manifest before the change; null where there was none. */
  was: z.string().nullable(),
  atMs: z.number(),
})
type Note = z.infer<typeof note>
const journal = z.object({ form: z.literal(form), isWhole: z.boolean(), notes: z.array(note) })

/** A model that changed. */
export interface ModelChange {
  readonly name: ModelName
  /** SHA-256 of its manifest before the newest change, and now; undefined: there was, or is, no such model. */
  readonly was: string | undefined
  readonly now: string | undefined
  /** Milliseconds since 1970. */
  readonly atMs: number
}

export class ChangeJournal {
  readonly #modelDir: string
  readonly #file: string
  readonly #log: Log
  #state: { isWhole: boolean; notes: readonly Note[] } | undefined

  constructor(modelDir: string, log: Log) {
    this.#modelDir = modelDir
    this.#file = join(modelDir, 'changes.json')
    this.#log = log
  }

  /**
   * Must be done before the manifest is written or removed; one call at a time. A disk that takes no note, for it is full perhaps, stops no
   * change: the log says so, and the journal that it is not whole.
   */
  async note(name: ModelName, atMs: number): Promise<void> {
    const { notes, isWhole } = await this.#read()
    const was = (await manifestDigest(this.#modelDir, name)) ?? null
    const model = qualifiedName(name)
    const others = notes.filter((one) => one.model !== model)
    const all = [...others, { model, was, atMs }].slice(-notesMax)
    this.#state = { notes: all, isWhole: isWhole && others.length < notesMax }
    try {
      const temporaryDir = join(this.#modelDir, 'blobs')
      await writeWhole(this.#file, `${JSON.stringify({ form, ...this.#state })}\n`, {
        temporaryDir,
      })
    } catch (error) {
      this.#state = { ...this.#state, isWhole: false }
      this.#log.warn({ reason: String(error) }, 'change.unnoted')
    }
  }

  /** The oldest first. `isWhole`: false when there may be more, so that all models must be compared. */
  async list(): Promise<{ readonly isWhole: boolean; readonly changes: readonly ModelChange[] }> {
    const { notes, isWhole } = await this.#read()
    const changes = notes.map(async ({ model, was, atMs }) => {
      const name = parseModelName(model)
      const now = name && (await manifestDigest(this.#modelDir, name))
      return name && { name, was: was ?? undefined, now, atMs }
    })
    return { isWhole, changes: (await Promise.all(changes)).filter((one) => one !== undefined) }
  }

  async #read() {
    this.#state ??= await this.#load()
    return this.#state
  }

  async #load() {
    const text = await readTextIfThere(this.#file).catch(() => '')
    if (text === undefined) return { isWhole: true, notes: [] }
    const read = journal.safeParse(parseJson(text))
    if (read.success) return { isWhole: read.data.isWhole, notes: read.data.notes }
    this.#log.warn({ file: this.#file }, 'changes.unreadable')
    return { isWhole: false, notes: [] }
  }
}

async function manifestDigest(modelDir: string, name: ModelName): Promise<string | undefined> {
  const file = manifestFile(modelDir, name)
  if (!(await isThere(file))) return undefined
  const bytes = await readBytes(file, manifestLimits.bytesMax).catch(() => undefined) // gone, or beyond understanding
  return bytes && createHash('sha256').update(bytes).digest('hex')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
