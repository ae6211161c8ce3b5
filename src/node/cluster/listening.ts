/** Where this node listens for links, and under which addresses others find it. */
import { formatMultiaddress } from '../../cluster/identity/index.ts'
import {
  type LinksServer,
  type LinksServerOptions,
  startLinksServer,
} from '../../cluster/links/index.ts'
import { isOdError } from '../../core/errors/index.ts'
import { reachableAddresses } from '../../sys/machine.ts'

export interface ListeningLinks extends LinksServer {
  /** Of this moment, without the node's id. */
  addresses(): string[]
}

/** Listens. Throws OD_LINK_LISTEN; a port that nobody chose and that is taken is replaced by a free one. */
export async function listenForLinks(
  options: Omit<LinksServerOptions, 'host'> & {
    readonly listen: string
    readonly isUsualPort: boolean
  },
): Promise<ListeningLinks> {
  const { listen, isUsualPort, log } = options
  const at = { ...options, ...(listen === '' ? {} : { host: listen }) }
  const server = await startLinksServer(at).catch((error: unknown) => {
    if (!isUsualPort || !isOdError(error)) throw error
    log.warn({ port: options.port, reason: error.message }, 'links.port-taken')
    return startLinksServer({ ...at, port: 0 })
  })
  return { ...server, addresses: () => hostsOf(listen).map((host) => addressOf(host, server.port)) }
}

/** On a machine without a network, others on it are the only ones there can be. */
function hostsOf(listen: string): string[] {
  const isEverywhere = listen === '' || listen === '0.0.0.0' || listen === '::'
  if (!isEverywhere) return [listen === 'localhost' ? '127.0.0.1' : listen]
  const hosts = reachableAddresses().filter((host) => listen !== '0.0.0.0' || !isIpv6(host))
  return hosts.length === 0 ? ['127.0.0.1'] : hosts
}

function addressOf(host: string, port: number): string {
  return formatMultiaddress({ kind: isIpv6(host) ? 'ip6' : 'ip4', host, port })
}

function isIpv6(host: string): boolean {
  return host.includes(':')
}
