import { OdError } from '../core/errors/index.ts'
import { type ConfigEntry, entryOf } from './entry.ts'
import { givenByEnvironment, givenByFlags } from './given.ts'
import { limits } from './limits.ts'
import { hintFor } from './nearest.ts'
import { fileName, type Places, placesOf, type Surroundings } from './places.ts'
import {
  invalidError,
  type Problem,
  problemText,
  quoted,
  sortByLine,
  sourceText,
} from './problem.ts'
import { checkRelations } from './relations.ts'
import { type Resolution, resolveSettings } from './resolve.ts'
import type { ConfigFlags } from './setting.ts'
import { deepFreeze, nestSettings, type Settings } from './settings.ts'
import { findKey, rows } from './table.ts'
import { type FileReading, readYamlFile } from './yaml-file.ts'

/** All that decides over a configuration. */
export interface ConfigInput extends Surroundings {
  readonly flags: ConfigFlags
  /**
   * Text of a file, undefined when there is none; any other failure is thrown. It may stop after more than `bytesMax`
   * bytes, because a larger file is refused anyway.
   */
  readonly readFile: (path: string, bytesMax: number) => Promise<string | undefined>
}

/** A configuration that can be used. Deep-frozen. */
export interface LoadedConfig {
  readonly values: Settings
  /** The file it came from, as a person would write it here. */
  readonly file: string | undefined
  /** Everything about one key of the file's spelling. Throws `OD_CONFIG_KEY_UNKNOWN` with the nearest key. */
  explain(key: string): ConfigEntry
  /** Every setting in the order of the table; secrets masked. */
  entries(): readonly ConfigEntry[]
}

/** What a look at a configuration finds; plain data, as `config check --json` prints it. */
export interface ConfigReport {
  readonly ok: boolean
  readonly file: string | undefined
  /** How many settings are not at their default. */
  readonly settings: number
  readonly problemCount: number
  /** The first of them; `text` begins with the place. */
  readonly problems: readonly { readonly source: string; readonly text: string }[]
}

/**
 * Finds, reads, checks and merges: flag, then environment, then file, then default. Throws `OD_CONFIG_INVALID` with all
 * problems at once, or `OD_CONFIG_FILE_…` when the file itself cannot be had. Looks at nothing but its input.
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const { file, problems, resolution } = await gather(input)
  if (problems.length > 0) throw invalidError(problems)
  const entries = deepFreeze([...rows].map(([key, row]) => entryOf(key, row, resolution.of(key))))
  return deepFreeze({
    values: nestSettings((key) => resolution.of(key).value),
    file,
    entries: () => entries,
    explain(text: string) {
      const entry = entries.find(({ key }) => key === findKey(text))
      if (entry !== undefined) return entry
      throw new OdError('OD_CONFIG_KEY_UNKNOWN', { key: quoted(text), hint: hintFor(text) })
    },
  })
}

/** Like `loadConfig`, but tells of problems instead of throwing them. Throws `OD_CONFIG_FILE_…` all the same. */
export async function checkConfig(input: ConfigInput): Promise<ConfigReport> {
  const { file, problems, resolution } = await gather(input)
  const given = [...rows.keys()].filter((key) => resolution.of(key).source.type !== 'default')
  return {
    ok: problems.length === 0,
    file,
    settings: given.length,
    problemCount: problems.length,
    problems: problems
      .slice(0, limits.problemsMax)
      .map((problem) => ({ source: sourceText(problem.source), text: problemText(problem) })),
  }
}

interface Gathered {
  readonly file: string | undefined
  readonly problems: readonly Problem[]
  readonly resolution: Resolution
}

async function gather(input: ConfigInput): Promise<Gathered> {
  const { env, cwd, flags } = input
  const places = placesOf(input)
  const stronger = [...givenByFlags(flags, cwd), ...givenByEnvironment(env, cwd)]
  // Only what stands above the file can say where the file is.
  const dataDir = resolveSettings(stronger, places).of('node.data_dir').value
  const found = await findFile(input, places, dataDir)
  const reading: FileReading =
    found === undefined
      ? { given: [], problems: [] }
      : readYamlFile(found.text, found.label, places.parent(found.path))
  const resolution = resolveSettings([...stronger, ...reading.given], places)
  // A key that was not understood may be half of a relation.
  const contradictions = reading.problems.length === 0 ? checkRelations(resolution) : []
  const problems = [...reading.problems, ...resolution.problems, ...contradictions]
  return { file: found?.label, problems: sortByLine(problems), resolution }
}

interface FoundFile {
  readonly path: string
  readonly label: string
  readonly text: string
}

/** The file that was named, or the first of the two usual ones that is there. */
async function findFile(
  { flags, cwd, readFile }: ConfigInput,
  places: Places,
  dataDir: string,
): Promise<FoundFile | undefined> {
  const usual = [places.below(cwd, fileName), places.below(dataDir, fileName)]
  const paths = flags.config === undefined ? usual : [places.absolute(flags.config, cwd)]
  for (const path of paths) {
    const label = quoted(places.label(path), limits.pathCharactersMax)
    const text = await readBounded(path, label, readFile)
    if (text !== undefined) return { path, label, text }
    if (flags.config !== undefined) throw new OdError('OD_CONFIG_FILE_MISSING', { file: label })
  }
  return undefined
}

async function readBounded(
  path: string,
  label: string,
  readFile: ConfigInput['readFile'],
): Promise<string | undefined> {
  const limitBytes = limits.fileBytesMax
  const text = await readFile(path, limitBytes).catch((cause: unknown) => {
    const reason = (cause as { code?: string } | undefined)?.code ?? 'unknown reason'
    throw new OdError('OD_CONFIG_FILE_UNREADABLE', { file: label, reason }, { cause })
  })
  if (text === undefined || new TextEncoder().encode(text).length <= limitBytes) return text
  throw new OdError('OD_CONFIG_FILE_TOO_LARGE', { file: label, limitBytes })
}
