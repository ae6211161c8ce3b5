/** Facts of this machine that the program needs to serve on it. */
import { readFileSync } from 'node:fs'
import { availableParallelism, homedir, hostname, networkInterfaces } from 'node:os'

/** Processor cores that this process may use. */
export function coreCount(): number {
  return availableParallelism()
}

/** The machine's own name. */
export function machineName(): string {
  return hostname()
}

/** Addresses of this machine that others can reach, IPv4 before IPv6, without link-local ones. */
export function reachableAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address)
}

/** The Node that runs this program, for its child processes. */
export function nodeBinary(): string {
  return process.execPath
}

/** The version in this program's `package.json`, which lies two folders above in the source as in the build. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Processor and system in Go's words, for example `amd64 linux`. */
export function goPlatform(): string {
  const processors: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return `${processors[process.arch] ?? process.arch} ${system}`
}

/** Memory that new processes may take without others being swapped out, in bytes; a container's limit counts. */
export function availableMemoryBytes(): number {
  return process.availableMemory()
}

/** What the configuration of this process depends on. */
export function surroundings(): {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly homeDir: string
  readonly platform: string
} {
  return {
    env: process.env,
    cwd: process.cwd(),
    homeDir: homedir(),
    platform: process.platform,
  }
}
