/**
 * Who listens where on this machine. The code is `bin/ports.cjs`, because the launcher of a clone asks the same questions
 * before there is a build.
 */
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'

/**
 * `taken`: somebody listens there. `forbidden`: this user may not (ports below 1024). `unavailable`: the address is not
 * one of this machine, or the machine has no IPv6.
 */
export type PortState = 'free' | 'taken' | 'forbidden' | 'unavailable'

/** Who listens on a port, as far as this user may know it. */
export interface PortHolder {
  readonly pid?: number
  /** Command line, shortened. */
  readonly command?: string
  /** Account it runs under. */
  readonly user?: string
}

/** Questions about TCP ports. `host` is an IP address or `localhost`. */
export interface Ports {
  /** Whether one could listen there now. Port 0 is free, because the system chooses. Never rejects. */
  readonly portState: (host: string, port: number) => Promise<PortState>
  /** True when one could listen there now. */
  readonly isPortFree: (host: string, port: number) => Promise<boolean>
  /** A free port above `port` to suggest to a person; undefined when the next ones are taken as well. */
  readonly freePortNear: (host: string, port: number) => Promise<number | undefined>
  /** Who listens there; undefined when nobody does or the system does not tell. Never throws. */
  readonly holderOfPort: (host: string, port: number) => PortHolder | undefined
}

const ports = createRequire(import.meta.url)('../../bin/ports.cjs') as Ports

export const { portState, isPortFree, freePortNear, holderOfPort }: Ports = ports

/** Who holds a port, for a sentence: `nginx (pid 7, user www)`; undefined when the system does not tell. */
export function holderText(host: string, port: number): string | undefined {
  const { command, pid, user } = holderOfPort(host, port) ?? {}
  const details = [pid === undefined ? '' : `pid ${pid}`, user === undefined ? '' : `user ${user}`]
  const who = details.filter((detail) => detail !== '').join(', ')
  return who === '' ? undefined : `${command ?? 'a program'} (${who})`
}

/** A port that nobody listened at a moment ago, for a program that cannot choose one itself. */
export function chooseFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen({ host, port: 0, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
