/** Names to addresses. */
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'

/** An IP address and its family, 4 or 6. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Gives all addresses of a name, at least one. Rejects with the system's error. */
export type Resolver = (name: string) => Promise<readonly ResolvedAddress[]>

/** As this machine resolves names. */
export const systemResolver: Resolver = (name) => lookup(name, { all: true })

/**
 * A look-up for connections that lets `check` refuse what was found: a connection is made to a checked address and to no other,
 * whatever the name stands for a moment later. `check` throws what the connection then fails with.
 */
export function checkedLookup(
  check: (address: string) => void,
  resolve: Resolver = systemResolver,
): LookupFunction {
  return (name, options, answer) => {
    const find = async () => {
      const found = await resolve(name)
      for (const { address } of found) check(address)
      return [...found]
    }
    find().then(
      (found) => {
        if (options.all === true) return answer(null, found)
        answer(null, found[0]?.address ?? '', found[0]?.family)
      },
      (error: Error) => answer(error, ''),
    )
  }
}
