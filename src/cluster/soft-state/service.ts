import { createPublicKey, type KeyObject } from 'node:crypto'
import { startLoop } from '../../core/loop.ts'
import type { Clock } from '../../sys/clock.ts'
import { seededRandom } from '../../sys/random.ts'
import { encodeBody, type NodeEntry, openEntry, sealEntry } from './entry.ts'
import type { Status } from './members.ts'
import { decodePacket, encodePacket, type Packet } from './packet.ts'
import {
  initialState,
  type SoftState,
  type SoftStateEffect,
  type SoftStateEvent,
  type VerifiedPacket,
} from './state.ts'
import { step } from './step.ts'
import { limits, type Timings } from './timings.ts'

/** A member as this node sees it. */
export interface MemberView {
  readonly node: string
  readonly status: Status
  /** What it says of itself; nothing while it is unheard. Its form is not checked here. */
  readonly body: NodeEntry['body'] | undefined
}

/** This node's share in the cluster's soft state. */
export interface SoftStateService {
  /** What this node says of itself from now on; others have it within a few rounds. Throws `OD_NODE_ENTRY_TOO_LARGE`. */
  publish(body: object): void
  /** From now on this member is heard. `publicKey` is its Ed25519 key. */
  add(node: string, publicKey: KeyObject): void
  /** Forgets a member; what still comes from it or about it is refused. */
  remove(node: string): void
  /**
   * Takes what member `from` sent; the caller has proved that it is that member. Gives what is to be sent back, perhaps
   * nothing. Throws `OD_GOSSIP_MALFORMED`.
   */
  receive(from: string, bytes: Uint8Array): Uint8Array
  /** All members, this node too. */
  members(): MemberView[]
  stop(): void
}

/** Carries bytes to a member and its answer back; rejects when it cannot. Must end by itself. */
export type SendPacket = (node: string, bytes: Uint8Array) => Promise<Uint8Array>

const nothing = new Uint8Array(0)

/** Starts with no members but this one. `onChange` hears of every new status and every new entry; it must not throw. */
export function startSoftState(options: {
  self: { node: string; privateKey: KeyObject }
  /** See `initialState`. */
  epoch: number
  body: object
  timings: Timings
  clock: Clock
  seed: number
  send: SendPacket
  onChange: (node: string, status: Status) => void
}): SoftStateService {
  const { self, clock } = options
  const keys = new Map([[self.node, createPublicKey(self.privateKey)]])
  const pending = new Map<string, number>()
  let cancelTimer = () => {}
  /** While a packet is taken: who sent it, and what goes back in the answer to it. */
  let answering: { readonly to: string; packet: Packet | undefined } | undefined

  const loop = startLoop<SoftState, SoftStateEvent, SoftStateEffect>({
    initial: initialState({ ...options, self: self.node, body: encodeBody(options.body) }),
    step,
    nowMs: () => clock.nowMs(),
    perform,
  })

  function perform(effect: SoftStateEffect, send: (event: SoftStateEvent) => void): void {
    switch (effect.type) {
      case 'startTimer':
        cancelTimer = clock.after(effect.delayMs, () => send({ type: 'tick' }))
        return
      case 'sign':
        return send({
          type: 'entry.signed',
          entry: sealEntry(effect.head, effect.body, self.privateKey),
        })
      case 'verify':
        return send({ ...effect, type: 'packet.verified', packet: verified(effect.packet) })
      case 'announce':
        return options.onChange(effect.node, effect.status)
      case 'send':
        if (answering?.to === effect.to && !answering.packet) answering.packet = effect.packet
        else carry(effect.to, effect.packet)
    }
  }

  function verified(packet: Packet): VerifiedPacket {
    const entries = (packet.entries ?? []).flatMap((sealed) => {
      const key = keys.get(sealed.node)
      return (key && openEntry(sealed, key)) ?? []
    })
    return { ...packet, entries }
  }

  /** A packet that is lost is no failure: the next round makes up for it. */
  function carry(node: string, packet: Packet): void {
    const count = pending.get(node) ?? 0
    if (count >= limits.pendingSendsMax) return
    pending.set(node, count + 1)
    options
      .send(node, encodePacket(packet))
      .then((answer) => {
        if (answer.length > 0) take(node, decodePacket(answer))
      })
      .catch(() => undefined)
      .finally(() => {
        const left = (pending.get(node) ?? 1) - 1
        if (left > 0) pending.set(node, left)
        else pending.delete(node)
      })
  }

  function take(from: string, packet: Packet): void {
    loop.send({ type: 'packet.received', from, packet })
  }

  const firstDelayMs = seededRandom(options.seed).number() * options.timings.roundMs // not all at once
  cancelTimer = clock.after(firstDelayMs, () => loop.send({ type: 'tick' }))

  return {
    publish: (body) => loop.send({ type: 'body.changed', body: encodeBody(body) }),
    add(node, publicKey) {
      keys.set(node, publicKey)
      loop.send({ type: 'member.added', node })
    },
    remove(node) {
      keys.delete(node)
      loop.send({ type: 'member.removed', node })
    },
    receive(from, bytes) {
      const packet = decodePacket(bytes)
      answering = { to: from, packet: undefined }
      take(from, packet)
      const answer = answering.packet
      answering = undefined
      return answer ? encodePacket(answer) : nothing
    },
    members: () =>
      loop.state.members.list.map(({ node, status, entry }) => ({
        node,
        status,
        body: entry?.body,
      })),
    stop: () => cancelTimer(),
  }
}
