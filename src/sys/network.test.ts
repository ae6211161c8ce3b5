import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer, type Server } from 'node:net'
import { userInfo } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import { freePortNear, holderOfPort, isPortFree, type PortHolder, portState } from './network.ts'

const inside = createRequire(import.meta.url)('../../bin/ports.cjs') as {
  readonly holderByLsof: (port: number) => PortHolder | undefined
  readonly parseNetstat: (text: string, port: number) => number | undefined
  readonly parseProcNet: (
    text: string,
    port: number,
  ) => { host: string; inode: string; uid: number }[]
}

const servers: Server[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))))
})

async function listen(host: string): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, host, done))
  return (server.address() as { port: number }).port
}

const isLinux = process.platform === 'linux'
const hasLsof = spawnSync('lsof', ['-v']).status === 0

describe('a port', () => {
  test('is taken while somebody listens there, and free after', async () => {
    const port = await listen('127.0.0.1')
    expect(await portState('127.0.0.1', port)).toBe('taken')
    expect(await isPortFree('127.0.0.1', port)).toBe(false)
    await new Promise((done) => servers.pop()?.close(done))
    expect(await portState('127.0.0.1', port)).toBe('free')
    expect(await isPortFree('127.0.0.1', port)).toBe(true)
  })

  test('is taken at one address when somebody listens at all of them, and the other way round', async () => {
    expect(await portState('127.0.0.1', await listen('0.0.0.0'))).toBe('taken')
    expect(await portState('0.0.0.0', await listen('127.0.0.1'))).toBe('taken')
  })

  test('is unavailable at an address of another machine', async () => {
    expect(await portState('192.0.2.1', 0)).toBe('unavailable') // RFC 5737: nobody has it
  })

  test('is free when it is 0', async () => {
    expect(await portState('127.0.0.1', 0)).toBe('free')
  })

  test('that is free is found near one that is taken', async () => {
    const port = await listen('127.0.0.1')
    const found = await freePortNear('127.0.0.1', port)
    expect(found).toBeGreaterThan(port === 65_535 ? 0 : port)
    expect(found !== undefined && (await isPortFree('127.0.0.1', found))).toBe(true)
    expect(await freePortNear('127.0.0.1', 65_535)).toBeUndefined()
    expect(await freePortNear('127.0.0.1', 80)).toBeGreaterThanOrEqual(1024)
  })
})

describe.runIf(isLinux)('the holder of a port', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::', '::1'])('is found at %s', async (host) => {
    const port = await listen(host)
    const holder = holderOfPort(host === '::' ? '127.0.0.1' : host, port)
    expect(holder).toMatchObject({ pid: process.pid, user: userInfo().username })
    expect(holder?.command).toBeTruthy()
  })

  test('is nobody when it listens at another address, or not at all', async () => {
    const port = await listen('127.0.0.1')
    expect(holderOfPort('127.0.0.2', port)).toBeUndefined()
    await new Promise((done) => servers.pop()?.close(done))
    expect(holderOfPort('127.0.0.1', port)).toBeUndefined()
  })
})

test.runIf(hasLsof)('the holder is found by lsof, where there is no /proc', async () => {
  const port = await listen('127.0.0.1')
  expect(inside.holderByLsof(port)).toMatchObject({
    pid: process.pid,
    user: userInfo().username,
    command: expect.stringContaining('node'),
  })
})

test('the kernel’s tables are read with IPv4, IPv6 and mapped addresses, and connections left out', () => {
  const row = (address: string, port: string, state: string, inode: number) =>
    `   0: ${address}:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 x`
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('0100007F', '1F90', '0A', 11),
    row('00000000000000000000000001000000', '1F90', '0A', 12),
    row('0000000000000000FFFF00000100007F', '1F90', '0A', 13),
    row('0100007F', '1F90', '01', 14),
    row('0100007F', '1F91', '0A', 15),
    '',
  ].join('\n')
  expect(inside.parseProcNet(text, 8080)).toEqual([
    { host: '127.0.0.1', inode: '11', uid: 1000 },
    { host: '::1', inode: '12', uid: 1000 },
    { host: '127.0.0.1', inode: '13', uid: 1000 },
  ])
})

test('netstat of a Windows that speaks German is read', () => {
  const text = [
    '  Proto  Lokale Adresse         Remoteadresse          Status           PID',
    '  TCP    127.0.0.1:8080         127.0.0.1:50000        HERGESTELLT      77',
    '  TCP    0.0.0.0:18080          0.0.0.0:0              ABHÖREN          78',
    '  TCP    [::]:8080              [::]:0                 ABHÖREN          4321',
  ].join('\r\n')
  expect(inside.parseNetstat(text, 8080)).toBe(4321)
  expect(inside.parseNetstat(text, 9090)).toBeUndefined()
})
