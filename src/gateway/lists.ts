import {
  type EngineView,
  type LoadedListing,
  type ModelListing,
  partsOfEngineId,
} from '../core/engine.ts'

/** Body of `/api/tags`: every name once, the newest of equal names, newest first as in Ollama (ollama-api §1.7). */
export function unionTags(engines: readonly EngineView[]): { models: ModelListing[] } {
  const byName = new Map<string, ModelListing>()
  for (const listing of engines.flatMap(({ models }) => models)) {
    const known = byName.get(listing.name)
    if (known === undefined || compareTimes(listing.modified_at, known.modified_at) > 0) {
      byName.set(listing.name, listing)
    }
  }
  const models = [...byName.values()]
  models.sort((a, b) => compareTimes(b.modified_at, a.modified_at) || (a.name < b.name ? -1 : 1))
  return { models }
}

/**
 * Body of `/api/ps`: what every engine has loaded, as it said so, last to expire first as in Ollama. A model loaded twice stands there
 * twice. With `namesPlaces` the end of each entry says on which node and engine.
 */
export function unionLoaded(
  engines: readonly EngineView[],
  { nodeId, namesPlaces }: { readonly nodeId: string; readonly namesPlaces: boolean },
): { models: (LoadedListing & { node?: string; engine?: string })[] } {
  const models = engines.flatMap(({ id, loaded }) => {
    const { name: engine, node = nodeId } = partsOfEngineId(id)
    const place = namesPlaces ? { node, engine } : {}
    return loaded.map((listing) => ({ ...listing, ...place }))
  })
  models.sort((a, b) => compareTimes(b.expires_at, a.expires_at))
  return { models }
}

/** The lowest version of all, so that a client asks for nothing that one of them cannot do; undefined when none is known. */
export function lowestVersion(engines: readonly EngineView[]): string | undefined {
  const versions = engines.flatMap(({ version }) => (version === undefined ? [] : [version]))
  return versions.sort(compareVersions)[0]
}

/** Compares two RFC 3339 times as moments, whatever their offsets; what is no time counts as earliest. */
function compareTimes(a: string, b: string): number {
  const [momentA, momentB] = [Date.parse(a) || 0, Date.parse(b) || 0]
  return momentA - momentB
}

/** By numbers, part by part; a pre-release (`0.33.0-rc2`) is before its release. Semantic Versioning 2.0 §11, in short. */
function compareVersions(a: string, b: string): number {
  const [coreA, preA] = splitOnce(a, '-')
  const [coreB, preB] = splitOnce(b, '-')
  const core = coreA.localeCompare(coreB, 'en', { numeric: true })
  if (core !== 0 || preA === preB) return core
  if (preA === undefined || preB === undefined) return preA === undefined ? 1 : -1
  return preA.localeCompare(preB, 'en', { numeric: true })
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
