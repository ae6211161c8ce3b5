/**
 * Reads what an engine answers to a probe, and is strict about it: a program that is not Ollama and happens to answer on
 * that port must not pass for one. Only the fields that we use are looked at.
 * Source: ollama/ollama api/types.go (`ListModelResponse`, `ProcessModelResponse`), server/routes.go.
 */
import type { LoadedListing, ModelListing } from '../../core/engine.ts'

/** The text of `GET /`, by which clients recognise an Ollama. */
export const livenessText = 'Ollama is running'

/** A version is a short word; anything longer is somebody else's. */
const versionCharactersMax = 100

/** `GET /api/version`: `{"version":"0.24.0"}`. Undefined when it is not Ollama's. */
export function readVersion(value: unknown): string | undefined {
  const version = field(value, 'version')
  return isText(version) && version.length <= versionCharactersMax ? version : undefined
}

/** `GET /api/tags`. Undefined when it is not Ollama's; a server without models may say `null`. */
export function readModels(value: unknown): readonly ModelListing[] | undefined {
  return readList(value, isModelListing)
}

/** `GET /api/ps`. As `readModels`. */
export function readLoaded(value: unknown): readonly LoadedListing[] | undefined {
  return readList(value, isLoadedListing)
}

function readList<Entry>(
  value: unknown,
  isEntry: (entry: unknown) => entry is Entry,
): readonly Entry[] | undefined {
  const models = field(value, 'models')
  if (models === null) return []
  return Array.isArray(models) && models.every(isEntry) ? models : undefined
}

function isModelListing(entry: unknown): entry is ModelListing {
  return isNamed(entry) && isText(field(entry, 'modified_at'))
}

function isLoadedListing(entry: unknown): entry is LoadedListing {
  return isNamed(entry) && isText(field(entry, 'expires_at'))
}

function isNamed(entry: unknown): boolean {
  return isText(field(entry, 'name')) && typeof field(entry, 'digest') === 'string'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
