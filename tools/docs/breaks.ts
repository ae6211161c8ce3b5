/** For each row that passes: one small change that breaks what the row asks for. `drill.ts` uses it. */
export interface Break {
  /** What is broken, in words. */
  readonly what: string
  readonly file: string
  /** Text that stands in the file, and what takes its place. */
  readonly find: string
  readonly replace: string
}

export const breaks: Readonly<Record<string, Break>> = {}
