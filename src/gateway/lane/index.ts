/**
 * A lane beside Node's HTTP server for the requests that matter most: short questions to models, on kept connections. Reading and
 * answering them by itself costs a third of what Node's server takes (docs/benchmarks.md). Everything else is Node's.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import { dateWriter } from './http-date.ts'
import { LaneConnection } from './lane-connection.ts'
import type { LaneRequest } from './lane-request.ts'
import type { LaneResponse } from './lane-response.ts'
import type { ReadingBounds } from './read-request.ts'

export type { ReadingBounds } from './read-request.ts'

export interface LaneOptions {
  readonly server: Server
  readonly bounds: ReadingBounds
  readonly clock: Clock
  /** How often it is looked for connections that wait or are idle. */
  readonly lookMs: number
  readonly take: (request: LaneRequest, response: LaneResponse) => void
}

export interface Lane {
  /** Connections on which nothing is under way end, and no other comes into the lane. */
  close(): void
  /** Cuts all. */
  destroy(): void
}

/** Node's server is given what has not come whole for so long: it has a time for every part of a request. */
const patienceMs = 500

/** How much longer than it says a connection is kept: the client may be sending already. As Node's server. */
const graceMs = 1_000

/** Puts the lane before a server that does not listen yet. */
export function openLane({ server, bounds, clock, lookMs, take }: LaneOptions): Lane {
  const connections = new Set<LaneConnection>()
  const [toServer] = server.listeners('connection') as ((socket: Socket) => void)[]
  if (toServer === undefined) throw new Error('the server takes no connections')
  const handOver = (socket: Socket) => toServer.call(server, socket)
  const end = {
    bounds,
    nowMs: () => clock.nowMs(),
    date: dateWriter(clock),
    take,
    handOver,
    forget: (connection: LaneConnection) => void connections.delete(connection),
  }
  let cancelLook = () => {}
  let isLooking = false
  let isOpen = true
  const enter = (socket: Socket) => {
    if (!isOpen) return handOver(socket)
    connections.add(new LaneConnection(socket, end))
    if (!isLooking) lookLater()
  }
  function lookLater(): void {
    isLooking = connections.size > 0
    if (isLooking) cancelLook = clock.after(lookMs, look)
  }
  function look(): void {
    const nowMs = clock.nowMs()
    const idleMsMax = server.keepAliveTimeout + graceMs
    for (const connection of connections) {
      if ((connection.idleMs(nowMs) ?? 0) > idleMsMax) connection.destroy()
      else if ((connection.waitingMs(nowMs) ?? 0) > patienceMs) connection.handOver()
    }
    lookLater()
  }
  server.off('connection', toServer)
  server.on('connection', enter)
  return {
    close() {
      isOpen = false
      const nowMs = clock.nowMs()
      for (const connection of connections) {
        if (connection.idleMs(nowMs) !== undefined) connection.destroy()
        else if (connection.waitingMs(nowMs) !== undefined) connection.handOver()
      }
    },
    destroy() {
      cancelLook()
      for (const connection of connections) connection.destroy()
    },
  }
}
