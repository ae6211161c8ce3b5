/** Grammars (GBNF, the notation of llama.cpp) for answers that must be JSON of a given shape. Pure. */
export { grammarForFormat } from './format.ts'
