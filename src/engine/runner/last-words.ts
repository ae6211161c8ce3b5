/** How a runner process ended, in words for a client: what llama.cpp said last, and what the system says. Pure. */

/**
 * What an error of llama.cpp begins with, wherever in the line that is; Ollama's own list, and what C++ and Node print
 * before they end a process. Source: Ollama llm/status.go, errorPrefixes.
 */
const beginnings = [
  'error:',
  'CUDA error',
  'ROCm error',
  'cudaMalloc failed',
  'error loading model',
  'GGML_ASSERT',
  'what():',
  'FATAL ERROR:',
] as const

/** A line may quote names out of a model's file, which may be of any length. */
const wordsMax = 300

/** The last line of a standard error that tells of an error, from where it does so; undefined when none does. */
export function lastWords(stderr: readonly string[]): string | undefined {
  for (const line of stderr.toReversed()) {
    const starts = beginnings.map((words) => line.indexOf(words)).filter((at) => at >= 0)
    if (starts.length > 0) return presentable(line.slice(Math.min(...starts)))
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
