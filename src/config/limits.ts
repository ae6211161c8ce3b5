/** Every bound of this folder, each with its reason. */
export const limits = {
  /** A file with every setting and comments is below 10 kB; this leaves room for a hundred times that. */
  fileBytesMax: 1024 * 1024,
  /** YAML values in a file; the reader looks at no file with more, whatever aliases make of it. */
  fileValuesMax: 10_000,
  /** Aliases that are followed; real files use a handful, bombs use them to multiply. */
  aliasesMax: 100,
  /** Problems reported at once; more do not fit a screen. */
  problemsMax: 20,
  /** Characters of a wrong value or key that a message repeats. */
  quoteCharactersMax: 60,
  /** The longest path that Linux takes. */
  pathCharactersMax: 4096,
  /** Variables of `ollama.environment`; Ollama itself reads about 60. */
  variablesMax: 256,
  /** One variable's value; Windows takes no more. */
  variableCharactersMax: 32_767,
  /** All origins together: some hundred; a page that asks is compared with each. */
  originsCharactersMax: 8192,
  /** Registries with mirrors; a machine uses a handful of registries. */
  mirroredMax: 64,
  /** Slots of one engine: as many as the gateway takes connections. What memory lets it have is the engine's to say. */
  concurrencyMax: 10_000,
  /** Layers of a model; the deepest published ones have fewer than 200. */
  gpuLayersMax: 10_000,
  /** Ollama raises anything below to this. Source: Ollama server/sched.go. */
  contextTokensMin: 4,
  /** Above the longest context that a published model was made for (10 million). */
  contextTokensMax: 16_777_216,
  /** Probing more often costs an engine more than it tells. */
  probeIntervalMsMin: 1_000,
  /** Rarer, and a dead engine would stay unnoticed without traffic. */
  probeIntervalMsMax: 3_600_000,
  /** Listing all models takes a moment on a slow disk. */
  syncIntervalMsMin: 10_000,
  /** A week; rarer is better done by hand. */
  syncIntervalMsMax: 604_800_000,
} as const
