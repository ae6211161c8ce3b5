/** Names to addresses. */
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * A look-up for connections that lets `check` refuse what was found: a connection is made to a checked address and to no other,
 * whatever the name stands for a moment later. `check` throws what the connection then fails with.
 */
export function checkedLookup(check: (address: string, name: string) => void): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      try {
        for (const { address } of found) check(address, name)
      } catch (refusal) {
        return callback(refusal as Error, '')
      }
      if (options.all === true) return callback(null, found)
      callback(null, found[0]?.address ?? '', found[0]?.family)
    })
  }
}
