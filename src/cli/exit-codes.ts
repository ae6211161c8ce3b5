/** How a command ends; scripts may rely on these. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What each code says, for help texts and the reference page. */
export const exitCodeMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.ok, 'done, also when there was nothing to do'],
  [exitCodes.failure, 'not done; standard error says why and what to do'],
  [exitCodes.usage, 'used wrongly: an unknown command or option, or a value that cannot be right'],
  [exitCodes.interrupted, 'interrupted by Ctrl-C before it was done'],
]
