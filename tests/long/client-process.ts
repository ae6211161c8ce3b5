/**
 * Many clients in a process of their own, so that what the gateway's process holds and does is the gateway's. Arguments:
 * the gateway's port, how many clients, and what each of them sends at first and once a second. They stay until they are cut.
 * With no more than the first two arguments they connect and leave, as fast as they can.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What it tells its parent when the last one is gone: how long after the last one had come that was, in milliseconds. */
export interface ClientReport {
  readonly goneMs: number
}

const [port, countText, first, drip = ''] = process.argv.slice(2)
const count = Number(countText)

/** Connections that are being made at the same time, below the length of the listener's queue. */
const atOnce = 100

const dripMs = 1_000

const report = (message: ClientReport) => void process.send?.(message)

async function open(): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  return socket.on('error', () => {}).resume()
}

/** Does `act` `count` times, `atOnce` at a time. */
async function repeat(act: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

async function stay(greeting: string): Promise<void> {
  const all = new Set<Socket>()
  const ends: Promise<unknown>[] = []
  await repeat(async () => {
    const socket = await open()
    if (greeting !== '') socket.write(greeting)
    all.add(socket)
    ends.push(new Promise((resolve) => socket.once('close', resolve)))
  })
  const openMs = performance.now()
  const dripping = setInterval(() => {
    if (drip !== '') for (const socket of all) if (socket.writable) socket.write(drip)
  }, dripMs)
  await Promise.all(ends)
  clearInterval(dripping)
  report({ goneMs: performance.now() - openMs })
}

async function comeAndGo(): Promise<void> {
  const startedMs = performance.now()
  await repeat(async (i) => {
    const socket = await open()
    if (i % 2 === 0) socket.resetAndDestroy()
    else socket.destroy()
  })
  report({ goneMs: performance.now() - startedMs })
}

await (first === undefined ? comeAndGo() : stay(first))
process.disconnect()
