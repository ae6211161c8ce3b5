/** How a runner process ended, in words for a client: what llama.cpp said last, and what the system says. Pure. */

/**
 * Where an error begins in a line: at one of Ollama's words for it, at what C++ and Node print before they end a process, or
 * behind the place in the source that ggml names when it aborts. Source: Ollama llm/status.go, errorPrefixes.
 */
const beginning =
  /error:|CUDA error|ROCm error|cudaMalloc failed|error loading model|GGML_ASSERT|what\(\):|FATAL ERROR:|(?<=\.(?:c|cpp|cu|h|m):\d+: )\S/

/** A line may quote names out of a model's file, which may be of any length. */
const wordsMax = 300

/** The last line of a standard error that tells of an error, from where it does so; undefined when none does. */
export function lastWords(stderr: readonly string[]): string | undefined {
  for (const line of stderr.toReversed()) {
    const at = line.search(beginning)
    if (at >= 0) return presentable(line.slice(at))
  }
  return undefined
}

/** As Go prints how a process ended, which is what Ollama shows when there are no words. Source: Go os/exec_posix.go. */
export function endOf(exit: { readonly code: number | null; readonly signal: string | null }) {
  if (exit.signal === null) return `exit status ${exit.code}`
  return `signal: ${signalWords[exit.signal] ?? exit.signal}`
}

const signalWords: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
}

/** Without control characters and without the folders of this machine. */
function presentable(words: string): string {
  return words
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/(?:[A-Za-z]:)?[\\/](?:[^\s\\/'"]+[\\/])+/g, '')
    .trim()
    .slice(0, wordsMax)
}
