import type { ErrorEntry } from './entry.ts'

export const edgeErrors = {} as const satisfies Record<string, ErrorEntry>
