/** What membership needs of the store of agreed state; `state/` has it. */

interface StoredEntry {
  readonly key: string
  readonly value: string
  readonly revision: number
}

type Condition =
  | { readonly key: string; readonly is: 'absent' }
  | { readonly key: string; readonly revision: number }

type Write = { readonly put: string; readonly value: string } | { readonly delete: string }

export interface AgreedState {
  get(key: string): Promise<{ readonly entry: StoredEntry | undefined }>
  range(request: { readonly prefix: string }): Promise<{ readonly entries: readonly StoredEntry[] }>
  transact(transaction: {
    readonly conditions: readonly Condition[]
    readonly writes: readonly Write[]
  }): Promise<
    | { readonly outcome: 'committed' | 'conflict' }
    | { readonly outcome: 'unknown'; readonly reason: string }
  >
}

export type { Condition, StoredEntry, Write }
