/** The files that a path in a Modelfile stands for. */
import { basename, isAbsolute, join, resolve } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { kindOf, namesIn } from '../../sys/files.ts'

/** A file that belongs to a model. */
export interface WeightsFile {
  /** By which the model's maker is told of it. */
  readonly name: string
  readonly path: string
}

/**
 * A file, or the weights of a folder; undefined where nothing is there and the text can be a model's name. Throws
 * `OD_CLI_FILE_UNREADABLE` and `OD_CLI_NO_WEIGHTS`. Source: Ollama parser/parser.go, filesForModel and expandPath.
 */
export async function weightsFiles(
  text: string,
  { folder, homeDir }: { readonly folder: string; readonly homeDir: string },
): Promise<readonly WeightsFile[] | undefined> {
  const path = /^~(?=$|[/\\])/.test(text) ? join(homeDir, text.slice(1)) : resolve(folder, text)
  const kind = await kindOf(path).catch((error: unknown) => unreadable(path, error))
  if (kind === 'file') return [{ name: basename(path), path }]
  if (kind === 'other') {
    throw new OdError('OD_CLI_FILE_UNREADABLE', {
      path,
      reason: 'it is neither a file nor a folder',
    })
  }
  if (kind === undefined) {
    if (!/^(\.{0,2}[/\\]|~)/.test(text) && !isAbsolute(text)) return undefined
    throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason: 'there is nothing' })
  }
  const names = weightsAmong(namesOf(path))
  if (names.length === 0) throw new OdError('OD_CLI_NO_WEIGHTS', { path })
  return names.map((name) => ({ name, path: join(path, name) }))
}

/** Tensors come with what describes them and their tokens; a GGUF has that inside. */
export function weightsAmong(names: readonly string[]): readonly string[] {
  const tensors = names.filter((name) => /^(model|consolidated).*\.safetensors$/.test(name))
  if (tensors.length === 0) return names.filter((name) => name.endsWith('.gguf'))
  return [
    ...tensors,
    ...names.filter((name) => name.endsWith('.json') || name === 'tokenizer.model'),
  ]
}

function namesOf(path: string): readonly string[] {
  try {
    return namesIn(path).toSorted()
  } catch (error) {
    return unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): never {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error)
  throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason }, { cause: error })
}
