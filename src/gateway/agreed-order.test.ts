import { expect, test } from 'vitest'
import { type EngineKind, type EngineView, partsOfEngineId } from '../core/engine.ts'
import { agreedOrder } from './agreed-order.ts'

/** Engines as the gateway of `self` sees them: its own without the name of their node. */
function seenFrom(self: string, engines: readonly [string, EngineKind][]): EngineView[] {
  return engines.map(([at, kind]) => {
    const { name, node } = partsOfEngineId(at)
    return {
      ...(node === self ? { id: name } : { id: at, ...(node === undefined ? {} : { node }) }),
      kind,
      url: '',
      managed: false,
      state: 'running',
      sinceMs: 0,
      reason: '',
      models: [],
      loaded: [],
      activeRequests: 0,
    }
  })
}

test('S-049: all gateways of a cluster put engines into one order, Ollamas first', () => {
  const engines: [string, EngineKind][] = [
    ['embedded@b', 'embedded'],
    ['local@b', 'adopted'],
    ['embedded@a', 'embedded'],
    ['one@a', 'remote'],
    ['default@a', 'managed'],
  ]
  const seen = ['a', 'b', 'c'].map((self, i) => {
    const rotated = [...engines.slice(2 * i), ...engines.slice(0, 2 * i)] // its own first, as a rule
    return agreedOrder(seenFrom(self, rotated), self).map(({ id, node }) =>
      node === undefined ? `${id}@${self}` : id,
    )
  })
  expect(seen[0]).toEqual(['one@a', 'default@a', 'local@b', 'embedded@a', 'embedded@b'])
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]?.toSorted()).toEqual(seen[0]?.toSorted())
})
