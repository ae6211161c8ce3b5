/** Where an IP address reaches to, as far as a server must know who may name it so. */
export interface IpFacts {
  /** One spelling for equal addresses; IPv4 inside IPv6 counts as IPv4. */
  readonly canonical: string
  readonly isLoopback: boolean
  /** RFC 1918, RFC 4193. */
  readonly isPrivate: boolean
  /** `0.0.0.0` and `::`. */
  readonly isUnspecified: boolean
}

/** Reads an IP address without brackets, port or zone; undefined when it is none. */
export function parseIp(text: string): IpFacts | undefined {
  if (!text.includes(':')) return ipv4Facts(text)
  if (!/^[\da-f:.]{2,45}$/i.test(text)) return undefined
  const canonical = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1)
  if (canonical === undefined) return undefined
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical)
  if (mapped !== null) return ipv4Facts(dotted(mapped[1] ?? '', mapped[2] ?? ''))
  return {
    canonical,
    isLoopback: canonical === '::1',
    isPrivate: /^f[cd][\da-f]{2}:/.test(canonical),
    isUnspecified: canonical === '::',
  }
}

const ipv4Pattern = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/

function ipv4Facts(text: string): IpFacts | undefined {
  const parts = ipv4Pattern.exec(text)
  if (parts === null) return undefined
  const [a, b, c, d] = [Number(parts[1]), Number(parts[2]), Number(parts[3]), Number(parts[4])]
  if (Math.max(a, b, c, d) > 255) return undefined
  return {
    canonical: text,
    isLoopback: a === 127,
    isPrivate: a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168),
    isUnspecified: a + b + c + d === 0,
  }
}

function dotted(high: string, low: string): string {
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.')
}
