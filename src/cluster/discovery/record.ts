/**
 * What nodes say of themselves in a LAN, as DNS-SD has it (RFC 6763): a pointer from the service to the node, its port, its
 * addresses, and texts. Pure. Everything that comes in is a stranger's word: whoever is found has proved nothing.
 */
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import {
  type Multiaddress,
  type PeerId,
  parseMultiaddress,
  parsePeerId,
} from '../identity/index.ts'
import { limits } from './limits.ts'

/** What a node says of itself. */
export interface Announcement {
  readonly peer: PeerId
  readonly name: string
  readonly clusterId: string
  /** Of joining. */
  readonly protocol: number
  /** Where it listens for links. */
  readonly port: number
}

/** A node as one packet told of it. */
export interface HeardNode extends Omit<Announcement, 'port'> {
  readonly addresses: readonly Multiaddress[]
  /** 0 says goodbye. */
  readonly timeToLiveMs: number
}

export const service = '_ollama-distributed._tcp.local'

/** The question who is there. */
export function writeQuestion(): Uint8Array {
  return encode({ type: 'query', questions: [{ type: 'PTR', name: service }] })
}

/** An answer to it, for one network: `address` is this machine's there. */
export function writeAnswer(
  { peer, name, clusterId, protocol, port }: Announcement,
  address: string,
  timeToLiveMs: number = limits.timeToLiveMs,
): Uint8Array {
  const ttl = Math.round(timeToLiveMs / 1_000)
  const [instance, host] = [`${peer}.${service}`, `${peer}.local`]
  const texts = [`id=${peer}`, `name=${name}`, `cluster=${clusterId}`, `protocol=${protocol}`]
  const flags = 1 << 10 // authoritative (RFC 6762 §18.4)
  return encode({
    type: 'response',
    flags,
    answers: [{ type: 'PTR', name: service, ttl, data: instance }],
    additionals: [
      { type: 'SRV', name: instance, ttl, flush: true, data: { port, target: host } },
      { type: 'TXT', name: instance, ttl, flush: true, data: texts },
      { type: 'A', name: host, ttl, flush: true, data: address },
    ],
  })
}

/** What a packet is: the question who is there, or nodes that it tells of. Undefined for all that is neither. */
export function readPacket(bytes: Uint8Array): 'question' | readonly HeardNode[] | undefined {
  if (bytes.length > limits.packetBytesMax) return undefined
  let packet: Packet
  try {
    packet = decode(Buffer.from(bytes))
  } catch {
    return undefined // not DNS, or cut
  }
  if (packet.type === 'query') {
    const questions = (packet.questions ?? []).slice(0, limits.recordsMax)
    return questions.some(isOurs) ? 'question' : undefined
  }
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])]
  return nodesIn(records.slice(0, limits.recordsMax))
}

function isOurs({ name, type }: { name: string; type: string }): boolean {
  return (type === 'PTR' || type === 'ANY') && name.toLowerCase() === service
}

function nodesIn(records: readonly Answer[]): readonly HeardNode[] {
  return records.flatMap((record) => {
    if (record.type !== 'PTR' || !isOurs(record)) return []
    const node = nodeOf(record.data, (record.ttl ?? 0) * 1_000, records)
    return node === undefined ? [] : [node]
  })
}

function nodeOf(
  instance: string,
  timeToLiveMs: number,
  records: readonly Answer[],
): HeardNode | undefined {
  const texts = records.find(({ type, name }) => type === 'TXT' && name === instance)
  const place = records.find(({ type, name }) => type === 'SRV' && name === instance)
  if (texts?.type !== 'TXT' || place?.type !== 'SRV') return undefined
  const { id, name, cluster, protocol } = textsOf(texts.data)
  const peer = id === undefined ? undefined : parsePeerId(id)
  if (peer === undefined || !instance.startsWith(`${peer}.`)) return undefined
  if (name === undefined || !isName(name)) return undefined
  if (cluster === undefined || !/^[0-9a-f]{32}$/.test(cluster)) return undefined
  if (protocol === undefined || !/^[1-9]\d{0,4}$/.test(protocol)) return undefined
  const addresses = addressesOf(place.data, records)
  if (addresses.length === 0) return undefined
  return {
    peer,
    name,
    clusterId: cluster,
    protocol: Number(protocol),
    addresses,
    timeToLiveMs: Math.min(timeToLiveMs, limits.timeToLiveMsMax),
  }
}

/** Of a key that comes twice the first counts (RFC 6763 §6.4). */
function textsOf(data: unknown): Readonly<Record<string, string>> {
  const parts = [data].flat().filter((part) => part instanceof Uint8Array)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > limits.textBytesMax) return {}
  const pairs = parts.map((part) => /^([^=]+)=([^]*)$/.exec(Buffer.from(part).toString()))
  return Object.fromEntries(
    pairs
      .flatMap((pair) => (pair === null ? [] : [[pair[1]?.toLowerCase() ?? '', pair[2] ?? '']]))
      .toReversed(),
  )
}

/** People read it: nothing that moves their cursor. */
function isName(name: string): boolean {
  return name !== '' && name.length <= limits.nameCharactersMax && !/[\p{C}\u{FFFD}]/u.test(name)
}

function addressesOf(
  { port, target }: { readonly port: number; readonly target: string },
  records: readonly Answer[],
): readonly Multiaddress[] {
  const hosts = records.flatMap((record) =>
    record.type === 'A' && record.name === target && isOfAMachine(record.data) ? [record.data] : [],
  )
  return [...new Set(hosts)].slice(0, limits.addressesMax).flatMap((host) => {
    const address = parseMultiaddress(`/ip4/${host}/tcp/${port}`)
    return address === undefined ? [] : [address]
  })
}

/** No loopback, no "this network", no group: dialling those would be dialling oneself, or many (RFC 6890). */
function isOfAMachine(host: string): boolean {
  const [first = 0] = host.split('.').map(Number)
  return first !== 0 && first !== 127 && first < 224
}
