/** A node that cannot be dialled, reached through one that can be. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Multiaddress, PeerId } from '../../../src/cluster/identity/index.ts'
import { circuitPath, openTunnel, type TunnelWish } from '../../../src/cluster/links/index.ts'
import { relayLimits } from '../../../src/cluster/relay/index.ts'
import { systemClock as clock } from '../../../src/sys/clock.ts'
import { until, within } from '../../support/until.ts'
import { addressOf, ask, makeTestClient, newIdentity, startTcp } from '../links/link-setup.ts'
import { meet, type RelayNode, startRelayNode } from './relay-setup.ts'

/** A relay, a node behind it, and one that dials. */
async function startThree(
  hidden: Parameters<typeof startRelayNode>[0] = {},
  given?: RelayNode,
  ...others: readonly RelayNode[]
) {
  const relay = given ?? (await startRelayNode())
  const node = await startRelayNode({ relays: [relay], ...hidden })
  const dialler = await startRelayNode()
  meet(relay, node, dialler, ...others)
  const isParked = () => relay.hub.parkedBy(node.peer) === relayLimits.parked
  await until('parked streams', () => isParked() && node.circuits().length > 0)
  const from = (one: RelayNode, call: { body?: string } = {}) =>
    ask(one.client, { peer: node.peer, method: 'POST', ...call }, node.circuits())
  return { relay, node, dialler, from }
}

describe('a hidden node', () => {
  test('is reached through a relay, and each knows the other by its key', async () => {
    const { node, dialler, from } = await startThree()
    expect(node.circuits()[0]).toMatchObject({ peer: node.peer })
    const { status, body } = await from(dialler)
    expect([status, body.toString()]).toEqual([200, dialler.peer])
  })

  test('keeps no relay from stopping', async () => {
    const { relay } = await startThree()
    relay.hub.close()
    await within('its end', relay.server.stop(30_000), 5_000)
  })

  test('is reached by the relay itself', async () => {
    const { relay, from } = await startThree()
    expect((await from(relay)).body.toString()).toBe(relay.peer)
  })

  test('takes and gives what is larger than any buffer, unchanged', async () => {
    const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) =>
      void request.pipe(response)
    const { node, dialler } = await startThree({ answer })
    const body = randomBytes(8 * 1024 * 1024)
    const call = { peer: node.peer, method: 'POST', body, answerBytesMax: 1e8 } as const
    const echoed = await ask(dialler.client, call, node.circuits())
    expect(Buffer.compare(echoed.body, body)).toBe(0)
  })

  test('serves many at once, and keeps as many streams parked as before', async () => {
    const waiting: ServerResponse[] = []
    const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) => {
      request.resume()
      waiting.push(response)
    }
    const { relay, node, dialler, from } = await startThree({ answer })
    const answers = Array.from({ length: 40 }, () => from(dialler))
    await until('all of them are there', () => waiting.length === 40)
    expect(relay.hub.inUse).toBe(40)
    for (const response of waiting) response.end('ok')
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true)
    await until('parked again', () => relay.hub.parkedBy(node.peer) === relayLimits.parked)
  })

  test('hears at once when who asked has given up', async () => {
    let isGone = false
    const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) => {
      request.resume()
      response.on('close', () => {
        isGone = true
      })
    }
    const { relay, node, dialler } = await startThree({ answer })
    const call = { peer: node.peer, timeoutMs: 500 }
    await expect(ask(dialler.client, call, node.circuits())).rejects.toMatchObject({
      code: 'OD_LINK_OUTCOME_UNKNOWN',
    })
    await until('it is gone', () => isGone)
    await until('nothing is passed on', () => relay.hub.inUse === 0)
  })
})

test('a parked stream that was lost without a word is found out, and another one taken', async () => {
  const { relay, node, dialler, from } = await startThree()
  const connection = await node.client.connect(relay.peer, [relay.address])
  const call = { peer: relay.peer, path: '/link/v1/relay/park', timeoutMs: 1_000, clock }
  await openTunnel(connection, call) // it is the newest one, and nobody listens to it
  await until('it is parked', () => relay.hub.parkedBy(node.peer) === relayLimits.parked + 1)
  expect((await from(dialler)).status).toBe(200)
})

test('who does not read makes the hidden node wait, and the relay keeps little of it', async () => {
  let written = 0
  const chunk = Buffer.alloc(64 * 1024)
  const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) => {
    request.resume()
    const more = () => {
      while (written < 1e9) {
        written += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
    }
    more()
  }
  const { node, dialler } = await startThree({ answer })
  const socket = await dialler.client.connect(node.peer, node.circuits())
  socket.on('error', () => {})
  socket.pause()
  socket.write('POST / HTTP/1.1\r\nhost: link\r\ncontent-length: 0\r\n\r\n')
  let before = -1
  await until(
    'nothing moves any more',
    () => {
      const isStill = written > 0 && written === before
      before = written
      return isStill
    },
    { everyMs: 500 },
  )
  console.log(`relay: ${Math.round(written / 1e6)} MB written towards one that does not read`)
  expect(written).toBeLessThan(64e6) // the buffers of the system of four sockets, and some of ours
})

describe('a relay', () => {
  test('sees ciphertext: neither the question nor the answer', async () => {
    const seen: Buffer[] = []
    const tamper = (wish: TunnelWish): TunnelWish => {
      if (!wish.path.startsWith(circuitPath)) return wish
      const { stream } = wish
      stream.on('data', (bytes: Buffer) => seen.push(bytes))
      const write = stream.write.bind(stream)
      Object.assign(stream, {
        write: (bytes: Buffer) => {
          seen.push(Buffer.from(bytes))
          return write(bytes)
        },
      })
      return wish
    }
    const relay = await startRelayNode({ tamper })
    const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) => {
      request.resume()
      response.end('the secret answer')
    }
    const { dialler, from } = await startThree({ answer }, relay)
    const body = 'the secret question '.repeat(100)
    expect((await from(dialler, { body })).body.toString()).toBe('the secret answer')
    const all = Buffer.concat(seen)
    expect(all.length).toBeGreaterThan(body.length)
    expect(all.toString('latin1')).not.toContain('secret')
  })

  test('that passes on to another node is found out: nothing is sent', async () => {
    let impostor: RelayNode | undefined
    const tamper = (wish: TunnelWish): TunnelWish =>
      wish.path.startsWith(circuitPath)
        ? { ...wish, path: `${circuitPath}${impostor?.peer}` }
        : wish
    const relay = await startRelayNode({ tamper })
    const asked: PeerId[] = []
    impostor = await startRelayNode({ relays: [relay], answer: (peer) => void asked.push(peer) })
    const { dialler, from } = await startThree({}, relay, impostor)
    await expect(from(dialler)).rejects.toMatchObject({ code: 'OD_LINK_WRONG_ID' })
    expect(asked).toEqual([])
  })
})

describe('only members', () => {
  test('park, and ask for those who do', async () => {
    const { relay, node } = await startThree()
    const stranger = makeTestClient(newIdentity())
    const call = { peer: node.peer, method: 'POST' } as const
    await expect(ask(stranger, call, node.circuits())).rejects.toMatchObject({
      code: 'OD_LINK_TUNNEL_REFUSED',
    })
    const lone = await startRelayNode({ relays: [relay] })
    await until('it tried', () => relay.members.has(lone.peer) || lone.circuits().length === 0)
    expect(relay.hub.parkedBy(lone.peer)).toBe(0)
  })

  test('one that is removed loses its parked streams and those in use at once', async () => {
    const waiting: ServerResponse[] = []
    const answer = (_: PeerId, request: IncomingMessage, response: ServerResponse) => {
      request.resume()
      waiting.push(response)
    }
    const { relay, node, dialler, from } = await startThree({ answer })
    const broken = from(dialler).then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    )
    await until('it is under way', () => waiting.length === 1)
    relay.members.replace([relay.peer, dialler.peer])
    expect(await broken).toBe('OD_LINK_OUTCOME_UNKNOWN')
    await until('nothing of it is left', () => {
      return relay.hub.inUse === 0 && relay.hub.parkedBy(node.peer) === 0
    })
  })

  test('a dialler that the hidden node does not know is refused by that one', async () => {
    const { node, relay, dialler, from } = await startThree()
    node.members.replace([node.peer, relay.peer])
    expect((await from(dialler)).status).toBe(403)
  })
})

describe('when a relay goes', () => {
  test('the other one is used by who dials, at once, and a third takes its place', async () => {
    const relays = [await startRelayNode(), await startRelayNode(), await startRelayNode()]
    const [first, second, third] = relays as [RelayNode, RelayNode, RelayNode]
    const node = await startRelayNode({ relays })
    const dialler = await startRelayNode()
    meet(...relays, node, dialler)
    const isParkedAt = ({ hub }: RelayNode) => hub.parkedBy(node.peer) === relayLimits.parked
    await until('two relays', () => isParkedAt(first) && isParkedAt(second))
    await until('they are told', () => node.circuits().length === 2)
    expect(isParkedAt(third)).toBe(false)
    const circuits = node.circuits()
    await first.kill()
    const call = { peer: node.peer, method: 'POST' } as const
    expect((await ask(dialler.client, call, circuits)).status).toBe(200)
    await until('the third one', () => isParkedAt(third))
    await until('it is told', () => {
      const told = node.circuits().map(({ relay }) => relay)
      return told.includes(third.peer) && !told.includes(first.peer)
    })
  })

  test('addresses of the node itself are tried first', async () => {
    const { relay, node, dialler } = await startThree()
    const addresses = [...node.circuits(), node.address]
    const call = { peer: node.peer, method: 'POST' } as const
    expect((await ask(dialler.client, call, addresses)).status).toBe(200)
    expect(relay.hub.inUse).toBe(0)
  })

  test('a circuit is tried when the node itself does not answer', async () => {
    const { relay, node, dialler } = await startThree()
    const mute = addressOf(await startTcp(() => {}))
    const call = { peer: node.peer, method: 'POST' } as const
    expect((await ask(dialler.client, call, [mute, ...node.circuits()])).status).toBe(200)
    expect(relay.hub.inUse).toBe(1)
  })
})

describe('bounds', () => {
  test('a node that has no stream parked is refused after a moment', async () => {
    const relay = await startRelayNode({ limits: { waitMs: 100 } })
    const dialler = await startRelayNode()
    const { peer } = newIdentity()
    meet(relay, dialler)
    const circuit: Multiaddress = { ...relay.address, relay: relay.peer, peer }
    await expect(ask(dialler.client, { peer }, [circuit])).rejects.toMatchObject({
      code: 'OD_LINK_TUNNEL_REFUSED',
    })
    expect(relay.hub.inUse).toBe(0)
  })

  test('a pair gets its share of streams and no more', async () => {
    const relay = await startRelayNode({ limits: { streamsPerPairMax: 2 } })
    const node = await startRelayNode({ relays: [relay] })
    const dialler = await startRelayNode()
    meet(relay, node, dialler)
    await until('a parked stream', () => node.circuits().length > 0)
    const open = () => dialler.client.connect(node.peer, node.circuits())
    const sockets = [await open(), await open()]
    for (const socket of sockets) socket.on('error', () => {})
    await expect(open()).rejects.toMatchObject({ code: 'OD_LINK_TUNNEL_REFUSED' })
    sockets[0]?.destroy()
    await until('one is free', () => relay.hub.inUse === 1)
    const again = await open()
    again.on('error', () => {})
  })

  test('a stream on which nothing moves is ended', async () => {
    const relay = await startRelayNode({ limits: { idleMs: 200 } })
    const node = await startRelayNode({ relays: [relay] })
    const dialler = await startRelayNode()
    meet(relay, node, dialler)
    await until('a parked stream', () => node.circuits().length > 0)
    const socket = await dialler.client.connect(node.peer, node.circuits())
    socket.on('error', () => {})
    await until('it is ended', () => socket.destroyed && relay.hub.inUse === 0)
  })

  test('a node parks no more than it may, however many it wants', async () => {
    const relay = await startRelayNode()
    const node = await startRelayNode({ relays: [relay], limits: { parked: 40 } })
    meet(relay, node)
    const isFull = () => relay.hub.parkedBy(node.peer) >= relayLimits.parkedPerNodeMax
    await until('as many as it may', isFull)
    expect(relay.hub.parkedBy(node.peer)).toBe(relayLimits.parkedPerNodeMax)
  })
})
