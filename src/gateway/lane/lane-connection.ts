import type { Socket } from 'node:net'
import { LaneRequest } from './lane-request.ts'
import { LaneResponse } from './lane-response.ts'
import { type ReadingBounds, readRequest } from './read-request.ts'

/** What a connection needs of its lane. */
export interface LaneEnd {
  readonly bounds: ReadingBounds
  nowMs(): number
  /** For the header of that name. */
  readonly date: () => string
  take(request: LaneRequest, response: LaneResponse): void
  /** Gives the connection to Node's server, which reads on. */
  handOver(socket: Socket): void
  forget(connection: LaneConnection): void
}

const nothing = Buffer.alloc(0)

/** What may come behind a request before its answer is out. */
const heldBytesMax = 64 * 1024

/**
 * One connection while all that comes on it is whole requests of the common shape. At the first thing that is not, it is handed over
 * with every byte of it, and never comes back.
 */
export class LaneConnection {
  readonly #socket: Socket
  readonly #lane: LaneEnd
  #bytes: Buffer = nothing
  #answering: LaneResponse | undefined
  #hasAnswered = false
  #isPart = false
  /** Since when it is as it is: silent, with a part of a request, or idle after an answer. */
  #sinceMs: number

  constructor(socket: Socket, lane: LaneEnd) {
    this.#socket = socket
    this.#lane = lane
    this.#sinceMs = lane.nowMs()
    socket.on('data', this.#take).on('end', this.#end).on('close', this.#close)
    socket.on('error', this.#fail)
  }

  /** Idle after an answer for so long, or undefined. */
  idleMs(nowMs: number): number | undefined {
    const isIdle = this.#hasAnswered && this.#answering === undefined && this.#bytes.length === 0
    return isIdle ? nowMs - this.#sinceMs : undefined
  }

  /** For so long nothing has been asked of it, or only a part of a request has come; undefined otherwise. */
  waitingMs(nowMs: number): number | undefined {
    const isWaiting =
      this.#answering === undefined && (!this.#hasAnswered || this.#bytes.length > 0)
    return isWaiting ? nowMs - this.#sinceMs : undefined
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Leaves it to Node's server as if that had taken it from the beginning. */
  handOver(): void {
    const socket = this.#socket
    const bytes = this.#letGo()
    socket.pause()
    if (bytes.length > 0) socket.unshift(bytes)
    this.#lane.handOver(socket)
    socket.resume()
  }

  /** Hears no more of the connection, and gives what has come and was not read: once, so that it is read once. */
  #letGo(): Buffer {
    const socket = this.#socket
    socket.off('data', this.#take).off('end', this.#end).off('close', this.#close)
    socket.off('error', this.#fail)
    this.#lane.forget(this)
    const bytes = this.#bytes
    this.#bytes = nothing
    return bytes
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#bytes.length === 0) this.#bytes = chunk
    else this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#answering === undefined) this.#look()
    else if (this.#bytes.length > heldBytesMax) this.#socket.pause() // until the answer is out
  }

  #look(): void {
    const reading = readRequest(this.#bytes, this.#lane.bounds)
    if (reading === 'other') return this.handOver()
    if (reading === 'more') {
      if (!this.#isPart) this.#sinceMs = this.#lane.nowMs()
      this.#isPart = true
      return
    }
    this.#isPart = false
    const { sizeBytes } = reading
    this.#bytes = this.#bytes.length === sizeBytes ? nothing : this.#bytes.subarray(sizeBytes)
    const response = new LaneResponse(this.#socket, this.#lane.date)
    this.#answering = response
    response.once('finish', () => this.#answered(response))
    this.#lane.take(new LaneRequest(reading, this.#socket), response)
  }

  #answered({ shouldKeepAlive }: LaneResponse): void {
    this.#answering = undefined
    this.#hasAnswered = true
    this.#sinceMs = this.#lane.nowMs()
    const socket = this.#socket
    if (!shouldKeepAlive) {
      socket.off('data', this.#take).resume() // what comes behind is not looked at
      socket.destroySoon()
      return
    }
    if (socket.isPaused()) socket.resume()
    // Not at once: who hears of the end of this answer must not find the next one begun.
    if (this.#bytes.length > 0) setImmediate(this.#goOn)
  }

  readonly #goOn = (): void => {
    if (this.#isInRequest && !this.#socket.destroyed) this.#look()
  }

  /** A client that sends no more counts as gone, as Node's server has it. */
  readonly #end = (): void => {
    const socket = this.#socket
    if (this.#isInRequest) {
      this.#handOverEnded()
      socket.emit('end')
    } else socket.end()
  }

  readonly #fail = (): void => {
    if (this.#isInRequest) this.#handOverEnded()
  }

  get #isInRequest(): boolean {
    return this.#answering === undefined && this.#bytes.length > 0
  }

  /**
   * A request that ends in its middle is for Node's server to answer and to tell of. It is given the bytes by hand: a connection
   * that was read to its end takes nothing back.
   */
  #handOverEnded(): void {
    const bytes = this.#letGo()
    this.#lane.handOver(this.#socket)
    this.#socket.emit('data', bytes)
  }

  readonly #close = (): void => {
    this.#lane.forget(this)
    this.#answering?.lost()
  }
}
