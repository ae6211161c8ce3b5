/**
 * What a child tells its parent over the channel when it can be used: `{ type: 'ready', url, pid }`. `url` is the origin
 * it listens at; the parent knows the pid already and trusts its own.
 */
export function readReadyMessage(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { type, url } = message as { type?: unknown; url?: unknown }
  if (type !== 'ready' || typeof url !== 'string' || !URL.canParse(url)) return undefined
  const { protocol, origin } = new URL(url)
  return protocol === 'http:' ? origin : undefined
}
