import type { EngineView } from '../core/engine.ts'

/**
 * The order in which engines are asked to take in what is new: the same in all gateways of a cluster, so that files of one
 * model that come by several of them meet at one engine. Ollamas first, since our own engine makes fewer kinds of models; then
 * by the id of their node; at one node as they stand in its list. `self`: PeerId of this node. Pure.
 */
export function agreedOrder(engines: readonly EngineView[], self: string): EngineView[] {
  return engines.toSorted(
    (a, b) => lateness(a) - lateness(b) || compareTexts(a.node ?? self, b.node ?? self),
  )
}

function lateness({ kind }: EngineView): number {
  return kind === 'embedded' ? 1 : 0
}

/** By code units, so that no machine's language has a say. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
