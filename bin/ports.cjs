/*
 * Who listens where on this machine. Here and not in `src`, because `npm start` in a clone asks before anything is
 * installed or built; `src/sys/network.ts` is the same code for the rest of the program.
 */
'use strict'

const { execFileSync } = require('node:child_process')
const { readdirSync, readFileSync, readlinkSync } = require('node:fs')
const { connect, createServer } = require('node:net')

/** @typedef {import('../src/sys/network.ts').PortHolder} PortHolder */
/** @typedef {import('../src/sys/network.ts').PortState} PortState */
/** @typedef {{ host: string, inode: string, uid: number }} Listener */

/** A listener on this machine takes a connection in microseconds; silence means that nobody is there. */
const answerTimeoutMs = 300

/** `lsof`, `ps`, `netstat` and `tasklist` need a tenth of this. */
const toolTimeoutMs = 3_000

/** Ports that are looked at for a free one. */
const candidatesMax = 200

/** More of a command line than this hides the sentence it stands in. */
const commandCharactersMax = 120

const wildcards = ['0.0.0.0', '::']

/** @type {import('../src/sys/network.ts').Ports['portState']} */
async function portState(host, port) {
  const state = await tryListening(host, port)
  if (state !== 'free' || port === 0) return state
  // macOS and Windows let one listen at an address although somebody has the port at all addresses.
  return (await isAnswering(host, port)) ? 'taken' : 'free'
}

/** @type {import('../src/sys/network.ts').Ports['isPortFree']} */
async function isPortFree(host, port) {
  return (await portState(host, port)) === 'free'
}

/** @type {import('../src/sys/network.ts').Ports['freePortNear']} */
async function freePortNear(host, port) {
  const first = port < 1024 ? 8080 : port + 1 // below 1024 only root may listen
  for (let next = first; next < first + candidatesMax && next <= 65_535; next++) {
    if (await isPortFree(host, next)) return next
  }
  return undefined
}

/** @type {import('../src/sys/network.ts').Ports['holderOfPort']} */
function holderOfPort(host, port) {
  try {
    if (process.platform === 'linux') return holderByProc(host, port)
    return process.platform === 'win32' ? holderByNetstat(port) : holderByLsof(port)
  } catch {
    return undefined // no permission or no such tool: the port is taken all the same
  }
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<PortState>}
 */
function tryListening(host, port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      if (code === 'EADDRINUSE') resolve('taken')
      else resolve(code === 'EACCES' ? 'forbidden' : 'unavailable')
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')))
  })
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isAnswering(host, port) {
  const target = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return new Promise((resolve) => {
    const socket = connect({ host: target, port, timeout: answerTimeoutMs })
    const end = (/** @type {boolean} */ answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {PortHolder | undefined}
 */
function holderByProc(host, port) {
  const listeners = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    try {
      return parseProcNet(readFileSync(table, 'utf8'), port)
    } catch {
      return [] // a kernel without IPv6 has no second table
    }
  })
  const isThere = (/** @type {Listener} */ one) => one.host === canonical(host)
  const isEverywhere = (/** @type {Listener} */ one) => wildcards.includes(one.host)
  const found =
    listeners.find(isThere) ??
    listeners.find(isEverywhere) ??
    (wildcards.includes(host) ? listeners[0] : undefined)
  if (found === undefined) return undefined
  const user = nameOfUser(found.uid)
  const pid = processWithSocket(found.inode)
  return pid === undefined ? { user } : { pid, user, command: commandByProc(pid) }
}

/**
 * Listening sockets with that port. Source: proc(5), /proc/net/tcp; state 0A is LISTEN.
 * @param {string} text
 * @param {number} port
 * @returns {Listener[]}
 */
function parseProcNet(text, port) {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [address = '', portHex = ''] = (fields[1] ?? '').split(':')
    const inode = fields[9]
    if (fields[3] !== '0A' || inode === undefined || Number.parseInt(portHex, 16) !== port)
      return []
    return [{ host: hostOf(address), inode, uid: Number(fields[7]) }]
  })
}

/**
 * The kernel prints an address as 32-bit words in the machine's byte order, which is little-endian wherever Node runs.
 * @param {string} hex
 */
function hostOf(hex) {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255
  if (isMapped) return bytes.slice(12).join('.')
  return canonical(
    Buffer.from(bytes)
      .toString('hex')
      .replace(/(.{4})(?=.)/g, '$1:'),
  )
}

/** @param {string} host */
function canonical(host) {
  if (host === 'localhost') return '127.0.0.1'
  return host.includes(':') ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host
}

/** @param {string} inode */
function processWithSocket(inode) {
  const wanted = `socket:[${inode}]`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const folder = `/proc/${pid}/fd`
        return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === wanted)
      } catch {
        return false // another user's process, or one that has just ended
      }
    })
}

/** @param {number} pid */
function commandByProc(pid) {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  return shorten(words.trim() || readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
}

/** @param {number} uid */
function nameOfUser(uid) {
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.split(':')[2] === String(uid))
  return row?.split(':')[0] ?? `uid ${uid}`
}

/**
 * @param {number} port
 * @returns {PortHolder | undefined}
 */
function holderByLsof(port) {
  const text = tool('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-F', 'pL'])
  const pid = Number(/^p(\d+)$/m.exec(text)?.[1])
  const user = /^L(.+)$/m.exec(text)?.[1]
  if (!(pid > 0)) return undefined
  const command = shorten(tool('ps', ['-o', 'command=', '-p', String(pid)]).trim())
  return user === undefined ? { pid, command } : { pid, command, user }
}

/**
 * @param {number} port
 * @returns {PortHolder | undefined}
 */
function holderByNetstat(port) {
  const pid = parseNetstat(tool('netstat', ['-ano']), port)
  if (pid === undefined) return undefined
  const row = tool('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'])
  const command = /^"([^"]+)"/.exec(row.trim())?.[1]
  return command === undefined ? { pid } : { pid, command }
}

/**
 * The word for the state is in the machine's language; a peer with port 0 means the same.
 * @param {string} text what Windows' `netstat -ano` prints
 * @param {number} port
 */
function parseNetstat(text, port) {
  for (const line of text.split('\n')) {
    const [protocol, local, peer, , pid] = line.trim().split(/\s+/)
    const isListening = protocol === 'TCP' && peer?.endsWith(':0')
    if (isListening && local?.endsWith(`:${port}`) && Number(pid) > 0) return Number(pid)
  }
  return undefined
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function tool(command, args) {
  const stdio = /** @type {import('node:child_process').StdioOptions} */ ([
    'ignore',
    'pipe',
    'ignore',
  ])
  return execFileSync(command, args, { encoding: 'utf8', timeout: toolTimeoutMs, stdio })
}

/** @param {string} text */
function shorten(text) {
  return text.length > commandCharactersMax ? `${text.slice(0, commandCharactersMax)}…` : text
}

/** @type {import('../src/sys/network.ts').Ports} */
const ports = { portState, isPortFree, freePortNear, holderOfPort }
module.exports = { ...ports, holderByLsof, parseNetstat, parseProcNet }
