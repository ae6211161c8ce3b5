import { isIPv6 } from 'node:net'

/**
 * Who counts as one sender: an IPv4 address, or the /64 network of an IPv6 address, in which a single machine can have
 * any address it likes (RFC 4291 §2.5.4). `address` is as the system gives it, perhaps with a zone.
 */
export function sourceOf(address: string): string {
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain)) return plain
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  return mapped ?? `${groupsOf(plain).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const split = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [split(head), split(tail ?? '')]
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
