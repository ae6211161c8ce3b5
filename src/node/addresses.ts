/** Where the gateway can be reached, and whether it can listen there at all. */
import { OdError } from '../core/errors/index.ts'
import { reachableAddresses } from '../sys/machine.ts'
import { freePortNear, holderText, portState } from '../sys/network.ts'

/** Addresses that mean every interface of the machine. */
const everywhere = ['0.0.0.0', '::']

/**
 * Origins under which clients reach a gateway, the one for programs on this machine first. `127.0.0.1`, never
 * `localhost`: that may lead to `::1`, where nobody listens.
 */
export function addressesOf({ host, port }: { host: string; port: number }): string[] {
  if (!everywhere.includes(host)) return [origin(host, port)]
  const others = reachableAddresses().filter((address) => host === '::' || !address.includes(':'))
  return ['127.0.0.1', ...others].map((address) => origin(address, port))
}

/** What stands for an IPv6 address on a machine that has no IPv6. */
const withoutIpv6: Readonly<Record<string, string>> = { '::': '0.0.0.0', '::1': '127.0.0.1' }

/** The address to listen at: the one asked for, or its IPv4 counterpart where the machine has no IPv6. */
export async function usableAddress(address: string, port: number): Promise<string> {
  const other = withoutIpv6[address]
  if (other === undefined) return address
  return (await portState(address, port)) === 'unavailable' ? other : address
}

/** Throws `OD_NODE_PORT_TAKEN` with who holds the port, where the system tells, and a port that is free. */
export async function checkGatewayPort(address: string, port: number): Promise<void> {
  if ((await portState(address, port)) !== 'taken') return // listening says what else may be wrong
  const who = holderText(address, port)
  const holder = who === undefined ? '' : ` by ${who}`
  const other = (await freePortNear(address, port)) ?? 0
  throw new OdError('OD_NODE_PORT_TAKEN', { address, port, holder, other })
}

function origin(address: string, port: number): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
