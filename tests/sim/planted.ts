import { step } from '../../src/cluster/soft-state/index.ts'

/** The shipping `step` with a bug: a node does not hear that it is suspected, so it never refutes it. */
export const neverRefuted: typeof step = (state, event, nowMs) => {
  if (event.type !== 'packet.received' && event.type !== 'packet.verified')
    return step(state, event, nowMs)
  const heads = event.packet.heads?.filter(({ node }) => node !== state.self) ?? []
  if (event.type === 'packet.received')
    return step(state, { ...event, packet: { ...event.packet, heads } }, nowMs)
  return step(state, { ...event, packet: { ...event.packet, heads } }, nowMs)
}
