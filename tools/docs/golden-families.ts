/** The recorded cases by whose API they are about: Ollama's own routes, and the translated ones. */

/** Cases that an engine can answer as it claims to: what pulls and pushes is about other servers. */
export type Family = 'native' | 'v1'

export const families = { native: 'native groups', v1: '`v1-*` groups' } as const satisfies Record<
  Family,
  string
>

/** Of so many asked so many were answered as Ollama did. */
export interface Share {
  readonly equal: number
  readonly asked: number
}

/** Family of a group, which is what stands before the name of a case. */
export function familyOf(group: string): Family | undefined {
  if (group === 'pull' || group === 'push') return undefined
  return group.startsWith('v1-') ? 'v1' : 'native'
}

/** For example `612 of 620 (98.7 %)`; the percentage is cut, not rounded, so that it never says too much. */
export function shareText({ equal, asked }: Share): string {
  const percent = asked === 0 ? 0 : Math.floor((equal / asked) * 1000) / 10
  return `${equal} of ${asked} (${percent.toFixed(1)} %)`
}
