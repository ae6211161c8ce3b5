/** What `ollama --version` says, and how old is too old. */

/**
 * The version of the program itself. It also asks a server, so there are three forms: `ollama version is 0.24.0`; with
 * another server `ollama version is 0.23.0` and `Warning: client version is 0.24.0`; without one only the warning.
 * Source: Ollama cmd/cmd.go, `versionHandler`.
 */
export function readOllamaVersion(output: string): string | undefined {
  const client = /client version is (\S+)/.exec(output)?.[1]
  return client ?? /ollama version is (\S+)/.exec(output)?.[1]
}

/** The first that takes the context length as a variable (`OLLAMA_CONTEXT_LENGTH`). Source: release notes of 0.5.13. */
export const oldestOllama = '0.5.13'

/** True for a version below `oldestOllama`; false for one that is no numbers, as of a build from source. */
export function isTooOld(version: string): boolean {
  const [given, oldest] = [numbersOf(version), numbersOf(oldestOllama)]
  if (given === undefined || oldest === undefined) return false
  const index = given.findIndex((number, place) => number !== oldest[place])
  return index >= 0 && (given[index] ?? 0) < (oldest[index] ?? 0)
}

/** `0.24.0-rc1` → 0, 24, 0. A build without a version says 0.0.0, which says nothing. */
function numbersOf(version: string): readonly number[] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  const numbers = match?.slice(1).map(Number)
  return numbers?.some((number) => number > 0) === true ? numbers : undefined
}
