import type { Version } from './entry.ts'

/** Buckets that are kept; fewer are folded out of them. */
export const bucketsKept = 256

/**
 * A short hash over everything that a member knows, so that two of them find what differs without sending it all: XOR of
 * one hash per node, in buckets by node. It is kept up to date change by change. Its hashes need not withstand an attacker: only
 * members are heard, and one that is wrong about itself harms nobody else's entries.
 */
export class Digest {
  readonly #buckets = new Uint32Array(bucketsKept)
  #whole = 0

  /** Takes a hash of a node in, or out again when it is in already. */
  toggle(nodeHash: number, hash: number): void {
    toggle(this.#buckets, nodeHash % bucketsKept, hash)
    this.#whole = (this.#whole ^ hash) >>> 0
  }

  /** The digest in `count` buckets, a power of two up to 256. */
  fold(count: number): Uint32Array {
    if (count === 1) return Uint32Array.of(this.#whole)
    if (count === bucketsKept) return this.#buckets.slice()
    const folded = new Uint32Array(count)
    for (let i = 0; i < bucketsKept; i++) toggle(folded, i & (count - 1), this.#buckets[i] ?? 0)
    return folded
  }
}

function toggle(hashes: Uint32Array, bucket: number, hash: number): void {
  hashes[bucket] = (hashes[bucket] ?? 0) ^ hash
}

/** So many buckets that one holds about four of `nodes`. */
export function bucketCount(nodes: number): number {
  return Math.min(bucketsKept, 2 ** Math.ceil(Math.log2(Math.max(1, nodes / 4))))
}

/** FNV-1a, 32 bits. */
export function hashNode(node: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < node.length; i++) hash = Math.imul(hash ^ node.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** The hash of what is known of one node; 0 for nothing, so that who has not heard of it agrees. */
export function hashHead(nodeHash: number, version: Version, isDoubted: boolean): number {
  if (version.epoch === 0 && version.sequence === 0 && !isDoubted) return 0
  let hash = mix(nodeHash ^ (version.epoch % 2 ** 32))
  hash = mix(hash ^ Math.floor(version.epoch / 2 ** 32))
  return mix(hash ^ version.sequence ^ (isDoubted ? 0x80000000 : 0))
}

/** The last part of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
