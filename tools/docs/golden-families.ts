/** The recorded cases by what they are about. */

/** Groups about HTTP itself, below any route: there a gateway is stricter than Ollama on purpose. */
const belowRoutes = ['http', 'wire', 'cors']

interface FamilyEntry {
  /** As the head of a column. */
  readonly title: string
  readonly has: (group: string) => boolean
}

/** What pulls and pushes is in none, for it is about other servers. */
export const families = {
  native: { title: 'native groups', has: isNative },
  routes: {
    title: 'of these, all but `http`, `wire`, `cors`',
    has: (group) => isNative(group) && !belowRoutes.includes(group),
  },
  v1: { title: '`v1-*` groups', has: (group) => group.startsWith('v1-') },
} as const satisfies Readonly<Record<string, FamilyEntry>>

export type Family = keyof typeof families

export const familyNames = Object.keys(families) as Family[]

function isNative(group: string): boolean {
  return group !== 'pull' && group !== 'push' && !group.startsWith('v1-')
}

/** Of so many asked so many were answered as Ollama did. */
export interface Share {
  readonly equal: number
  readonly asked: number
}

export type Shares = Readonly<Record<Family, Share>>

/** A share for each family. */
export function sharesBy(shareOf: (family: Family) => Share): Shares {
  return { native: shareOf('native'), routes: shareOf('routes'), v1: shareOf('v1') }
}

/** For example `612 of 620 (98.7 %)`; the percentage is cut, not rounded, so that it never says too much. */
export function shareText({ equal, asked }: Share): string {
  const percent = asked === 0 ? 0 : Math.floor((equal / asked) * 1000) / 10
  return `${equal} of ${asked} (${percent.toFixed(1)} %)`
}
