/** Bounds of template work, each with its reason. Templates and data come from strangers. */
export const limits = {
  /** Published templates stay below 32 KiB; more is a mistake or an attack. */
  sourceBytesMax: 1_048_576,
  /** Blocks and parentheses inside each other, in the source; published templates reach about 8. */
  nestingMax: 100,
  /** Variables in scope at one place; they are looked up one by one. Published templates have about 10. */
  variablesMax: 200,
  /** Blocks and calls inside each other while rendering: a template may call itself. Spares the stack. */
  callDepthMax: 400,
  /** Lists and objects inside each other in tools and arguments. Spares the stack. */
  dataDepthMax: 100,
  /** Items of a list that a Jinja template makes; filters walk and copy whole lists. */
  listLengthMax: 100_000,
  /** A million tokens are about four million characters; no context takes more than this. */
  outputCharsMax: 16_777_216,
  /** What one rendering may cost. */
  go: {
    /** Nodes visited: about two seconds. Long chats with large templates need some 500,000. */
    stepsMax: 5_000_000,
    /** Characters read or made that count as one step, so that long texts cost as much as many nodes. */
    charsPerStep: 16,
  },
  /** As `go`. The package takes longer for a node and hands texts on more often. */
  jinja: { stepsMax: 1_000_000, charsPerStep: 128 },
  /** Width and precision of `printf`; every item of a list is padded, so wide fields multiply. */
  fieldWidthMax: 100,
  /** An error text names the place, it does not repeat the prompt. */
  reasonCharsMax: 1_000,
} as const
