import { createSocket, type Socket } from 'node:dgram'
import { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Clock } from './clock.ts'

export interface MulticastOptions {
  /** IPv4 group and port. */
  readonly group: string
  readonly port: number
  readonly clock: Clock
  /** True: the process lives until it is stopped. */
  readonly isAwaited: boolean
  /** Gets what comes from the networks that this machine is on; `port` is that of its sender. */
  readonly onPacket: (bytes: Uint8Array, from: { address: string; port: number }) => void
  /** Hears of each address of this machine from which it can be sent from now on. */
  readonly onPlace: (address: string) => void
  /** Hears why multicast does not work here, or not on one network. May be called again and again. */
  readonly onTrouble: (reason: string) => void
}

/** A multicast group on every IPv4 network of this machine, as networks come and go. */
export interface Multicast {
  /** Addresses of this machine from which it can be sent. */
  places(): readonly string[]
  /** Sends into the network that this address is of; what cannot be sent is lost, as packets are. */
  send(place: string, bytes: Uint8Array): void
  /** Sends what was given to it, then ends. */
  stop(): void
}

/** How often the machine is asked for its networks. */
const lookMs = 5_000

/** Never leaves the network in which it was sent: a receiver can tell (RFC 6762 §11). */
const timeToLive = 255

interface Network {
  readonly address: string
  readonly prefix: number
}

/**
 * One socket hears all networks, and each network has one that sends, because the network of a packet to be sent is a state
 * of its socket.
 */
export function openMulticast(options: MulticastOptions): Multicast {
  const { group, port, clock, isAwaited, onPacket, onPlace, onTrouble } = options
  const senders = new Map<string, Socket>()
  let near = new BlockList()
  let cancel = () => {}
  const hearing = socketOf(onTrouble)
  if (isAwaited) hearing.ref()
  hearing.on('message', (bytes, from) => {
    if (near.check(from.address)) onPacket(bytes, from)
  })
  const openSender = (address: string): void => {
    const sender = socketOf((reason) => {
      if (senders.get(address) === sender) senders.delete(address)
      closeQuietly(sender)
      onTrouble(reason)
    })
    senders.set(address, sender)
    sender.bind({ port, address }, () => {
      try {
        sender.setMulticastInterface(address)
        sender.setMulticastTTL(timeToLive)
        sender.setMulticastLoopback(true) // for other nodes on this machine
        onPlace(address)
      } catch (error) {
        sender.emit('error', error)
      }
    })
  }
  const look = (): void => {
    const networks = networksHere()
    near = new BlockList()
    for (const { address, prefix } of networks) near.addSubnet(address, prefix)
    for (const [address, sender] of senders) {
      if (networks.some((network) => network.address === address)) continue
      senders.delete(address)
      closeQuietly(sender)
    }
    for (const { address } of networks) {
      const trouble = joinGroup(hearing, group, address)
      if (trouble !== undefined) onTrouble(trouble)
      else if (!senders.has(address)) openSender(address)
    }
    if (networks.length === 0) onTrouble('this machine is on no network')
    cancel = clock.after(lookMs, look)
  }
  hearing.bind({ port }, look)
  return {
    places: () => [...senders.keys()],
    send(place, bytes) {
      senders.get(place)?.send(bytes, port, group, () => {})
    },
    stop() {
      cancel()
      closeQuietly(hearing)
      // A packet is handed to the system in a later turn than that in which it was given to the socket.
      setImmediate(() => {
        for (const sender of senders.values()) closeQuietly(sender)
        senders.clear()
      })
    },
  }
}

function socketOf(onTrouble: (reason: string) => void): Socket {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('error', (error: NodeJS.ErrnoException) => onTrouble(error.code ?? error.message))
  return socket.unref()
}

/** Why it is not in the group; undefined when it is, also when it was before: an interface that came anew needs it again. */
function joinGroup(socket: Socket, group: string, address: string): string | undefined {
  try {
    socket.addMembership(group, address)
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') return code
  }
  return undefined
}

function networksHere(): Network[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.flatMap(({ address, family, internal, cidr }) => {
    const prefix = Number(cidr?.split('/')[1])
    return family === 'IPv4' && !internal && prefix >= 0 ? [{ address, prefix }] : []
  })
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // it was closed by its own error
  }
}
