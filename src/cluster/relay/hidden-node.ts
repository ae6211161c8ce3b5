/** The side of a node that cannot be dialled: keeps streams open at members that can be, and takes who comes through them. */
import type { TLSSocket } from 'node:tls'
import { type Loop, startLoop } from '../../core/loop.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Multiaddress, PeerId } from '../identity/index.ts'
import { type LinksClient, openTunnel } from '../links/index.ts'
import { parkPath } from './hub.ts'
import { type RelayLimits, relayLimits } from './limits.ts'
import {
  initialParking,
  type ParkingEffect,
  type ParkingEvent,
  type ParkingState,
  parkingStep,
  parkingTickMs,
  relaysUp,
} from './parking.ts'
import { untilWoken } from './wake.ts'

export interface HiddenNodeOptions {
  readonly client: Pick<LinksClient, 'connect'>
  /** Where a member listens. */
  readonly addressesOf: (peer: PeerId) => readonly Multiaddress[]
  /** Takes a stream as a connection that came in. */
  readonly accept: (stream: TLSSocket) => void
  readonly clock: Clock
  /** Hears when other members than before pass connections on to this node. */
  readonly onChange: () => void
  readonly limits?: Partial<RelayLimits>
}

/** Streams of one relay, until it is left. */
interface Streams {
  readonly parked: Set<TLSSocket>
  isLeft: boolean
}

export class HiddenNode {
  readonly #options: HiddenNodeOptions
  readonly #limits: RelayLimits
  readonly #loop: Loop<ParkingState, ParkingEvent>
  readonly #streams = new Map<PeerId, Streams>()
  #told = ''
  #cancelTick = () => {}

  constructor(options: HiddenNodeOptions) {
    this.#options = options
    this.#limits = { ...relayLimits, ...options.limits }
    this.#loop = startLoop({
      initial: initialParking,
      step: parkingStep(this.#limits),
      perform: (effect: ParkingEffect) => this.#perform(effect),
      nowMs: () => options.clock.nowMs(),
    })
  }

  /** Members that can be dialled, in the order in which they are preferred; none when this node needs no relay. */
  use(candidates: readonly PeerId[]): void {
    this.#send({ type: 'candidates', peers: candidates })
  }

  /** Members that pass connections on to this node. */
  relays(): readonly PeerId[] {
    return relaysUp(this.#loop.state)
  }

  stop(): void {
    this.use([])
    this.#cancelTick()
  }

  #send(event: ParkingEvent): void {
    this.#loop.send(event)
    const { clock, onChange } = this.#options
    this.#cancelTick()
    const dueMs = parkingTickMs(this.#loop.state, clock.nowMs())
    const tick = () => this.#send({ type: 'tick' })
    this.#cancelTick = dueMs === undefined ? () => {} : clock.after(dueMs - clock.nowMs(), tick)
    const told = this.relays().join()
    if (told === this.#told) return
    this.#told = told
    onChange()
  }

  #perform({ type, relay }: ParkingEffect): void {
    const streams = this.#streams.get(relay) ?? { parked: new Set(), isLeft: false }
    if (type === 'open') {
      this.#streams.set(relay, streams)
      return void this.#open(relay, streams)
    }
    this.#streams.delete(relay)
    streams.isLeft = true
    for (const stream of streams.parked) stream.destroy()
  }

  async #open(relay: PeerId, streams: Streams): Promise<void> {
    const { client, addressesOf, clock, accept } = this.#options
    const tell = (type: 'parked' | 'failed' | 'gone'): void => {
      if (!streams.isLeft) this.#send({ type, relay })
    }
    let stream: TLSSocket
    try {
      const connection = await client.connect(relay, addressesOf(relay))
      const { parkMs: timeoutMs } = this.#limits
      stream = await openTunnel(connection, { peer: relay, path: parkPath, timeoutMs, clock })
    } catch {
      return tell('failed')
    }
    if (streams.isLeft || stream.destroyed) {
      stream.destroy()
      return tell('failed')
    }
    streams.parked.add(stream)
    const gone = (): void => {
      if (streams.parked.delete(stream)) tell('gone')
    }
    const broke = () => void stream.destroy()
    stream.once('close', gone).once('end', broke)
    untilWoken(stream, () => {
      stream.off('end', broke)
      stream.allowHalfOpen = true
      accept(stream)
      gone()
    })
    tell('parked')
  }
}
