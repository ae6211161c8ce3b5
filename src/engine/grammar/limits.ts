/**
 * Bounds of a schema with their reasons: a schema comes from a client, and llama.cpp spends memory and time on a grammar
 * without any bound of its own.
 */
export const grammarLimits = {
  /** Schemas inside each other: llama.cpp and this converter descend by recursion. Deeper data needs `$ref`. */
  depthMax: 64,
  /** Schemas in all, each use of a name in `required` or `enum` included: each becomes a rule or a part of one. */
  nodesMax: 5_000,
  /** Text of the grammar: llama.cpp parses it while no other answer goes on. */
  textBytesMax: 256 * 1_024,
  /** `minItems`, `maxLength` and the like: llama.cpp writes a repetition out, and refuses more than 2,000 itself. */
  repetitionMax: 1_000,
  /** All repetitions together, for the same reason. */
  repetitionsTotalMax: 20_000,
} as const
