/** The engines that were added to this node while it ran: `<data dir>/state/engines.json`. */
import type { NewEngine } from '../admin/index.ts'
import { readTextIfThere, writeWhole } from '../sys/files.ts'

/** What is kept, in the order in which it was added. */
export interface AddedEngines {
  readonly list: readonly NewEngine[]
  /** Replaces the list and resolves when the disk has it; rejects with the system's error, and then nothing changed. */
  save(list: readonly NewEngine[]): Promise<void>
}

/** Version of the file's form. */
const form = 1

/** Reads the file; an absent one is an empty list. Undefined when it is not ours or a disk lost it. */
export async function openAddedEngines(path: string): Promise<AddedEngines | undefined> {
  const text = await readTextIfThere(path)
  const read = text === undefined ? [] : parse(text)
  if (read === undefined) return undefined
  let list: readonly NewEngine[] = read
  return {
    get list() {
      return list
    },
    async save(next) {
      // Readable by its owner only: an environment may hold what nobody else should see.
      const json = JSON.stringify({ form, engines: next }, null, 2)
      await writeWhole(path, `${json}\n`, { mode: 0o600 })
      list = next
    },
  }
}

function parse(text: string): readonly NewEngine[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { form: version, engines } = (value ?? {}) as { form?: unknown; engines?: unknown }
  if (version !== form || !Array.isArray(engines)) return undefined
  return engines.every(isNewEngine) ? engines : undefined
}

/** The form only; what the values mean is checked when the engine is added again. */
function isNewEngine(value: unknown): value is NewEngine {
  if (typeof value !== 'object' || value === null) return false
  const { kind, name, url } = value as Record<string, unknown>
  if (typeof name !== 'string') return false
  return kind === 'remote' ? typeof url === 'string' : kind === 'managed' && isPlaces(value)
}

function isPlaces(value: object): boolean {
  const { host, port, dataDir, modelDir, environment } = value as Record<string, unknown>
  const areTexts = [host, dataDir, modelDir].every((one) =>
    ['undefined', 'string'].includes(typeof one),
  )
  const isMap =
    environment === undefined ||
    (typeof environment === 'object' &&
      environment !== null &&
      Object.values(environment).every((one) => typeof one === 'string'))
  return areTexts && isMap && (port === undefined || typeof port === 'number')
}
