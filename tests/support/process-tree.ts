/** What Linux's /proc tells about processes and listening ports; other systems have no such place. */
import { readdir, readFile, readlink } from 'node:fs/promises'

/** Environment variable that marks everything a test started; children inherit it. */
export const runMarker = 'OD_TEST_RUN'

export interface SeenProcess {
  readonly pid: number
  readonly parentPid: number
  /** Clock ticks since boot; with the pid it names a process even after the pid is used again. */
  readonly startTicks: string
  readonly command: string
}

export interface ListeningSocket {
  readonly inode: string
  readonly port: number
  readonly pid: number
}

/** Every living process of the machine; those that only wait to be reaped are left out. */
export async function allProcesses(): Promise<SeenProcess[]> {
  if (process.platform !== 'linux') {
    throw new Error('left-over processes are found through /proc, which only Linux has')
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen = await Promise.all(pids.map((pid) => readProcess(Number(pid))))
  return seen.filter((one) => one !== undefined)
}

/** Living processes that carry the marker, or descend from one of `rootPids`. */
export async function processesOfRun(
  runId: string,
  rootPids: readonly number[] = [],
): Promise<SeenProcess[]> {
  const all = await allProcesses()
  const mine = new Set(rootPids)
  const marks = await Promise.all(all.map(({ pid }) => isMarked(pid, runId)))
  all.forEach(({ pid }, i) => void (marks[i] === true && mine.add(pid)))
  let sizeBefore = -1
  while (sizeBefore !== mine.size) {
    sizeBefore = mine.size
    for (const { pid, parentPid } of all) if (mine.has(parentPid)) mine.add(pid)
  }
  return all.filter(({ pid }) => mine.has(pid))
}

/** TCP sockets on which one of the processes listens. */
export async function listeningSockets(pids: readonly number[]): Promise<ListeningSocket[]> {
  const ports = await listeningPorts()
  const found: ListeningSocket[] = []
  for (const pid of pids) {
    for (const inode of await socketInodes(pid)) {
      const port = ports.get(inode)
      if (port !== undefined) found.push({ inode, port, pid })
    }
  }
  return found
}

/** Port of every listening TCP socket of the machine, by inode. */
export async function listeningPorts(): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readIfThere(table)).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const [local = '', state, inode] = [fields[1], fields[3], fields[9]]
      if (state !== '0A' || inode === undefined) continue // 0A: LISTEN
      ports.set(inode, Number.parseInt(local.split(':').at(-1) ?? '', 16))
    }
  }
  return ports
}

/** Where a process listens over IPv4, for example `127.0.0.1:11434`; of IPv6 the table's own spelling of the address. */
export async function listeningAddresses(pid: number): Promise<string[]> {
  const inodes = new Set(await socketInodes(pid))
  const found: string[] = []
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readIfThere(table)).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const [local = '', state, inode = ''] = [fields[1], fields[3], fields[9]]
      if (state !== '0A' || !inodes.has(inode)) continue // 0A: LISTEN
      const [address = '', port = ''] = local.split(':')
      const bytes = [...Buffer.from(address, 'hex')].toReversed() // the table has the bytes of a little-endian machine
      const host = bytes.length === 4 ? bytes.join('.') : `[${address}]`
      found.push(`${host}:${Number.parseInt(port, 16)}`)
    }
  }
  return found
}

/** The variables that a process was started with. */
export async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter(Boolean)
  return Object.fromEntries(
    entries.map((entry) => {
      const [name = '', ...value] = entry.split('=')
      return [name, value.join('=')]
    }),
  )
}

/** The folder in which a process runs. */
export async function folderOf(pid: number): Promise<string> {
  return await readlink(`/proc/${pid}/cwd`)
}

/** Time that a process has had of the processors, in hundredths of a second. */
export async function processorTicksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return Number(user) + Number(system)
}

async function readProcess(pid: number): Promise<SeenProcess | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`)
  // The second field is the name in parentheses and may itself hold spaces and parentheses.
  const [state, parentPid, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === undefined || state === '' || state === 'Z' || state === 'X') return undefined
  const command = (await readIfThere(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim()
  return { pid, parentPid: Number(parentPid), startTicks: rest[17] ?? '', command }
}

async function isMarked(pid: number, runId: string): Promise<boolean> {
  const environment = await readIfThere(`/proc/${pid}/environ`)
  return environment.split('\0').includes(`${runMarker}=${runId}`)
}

async function socketInodes(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => []) // it ended, or belongs to another user
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')), // closed meanwhile
  )
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '') // processes come and go while one looks
}
