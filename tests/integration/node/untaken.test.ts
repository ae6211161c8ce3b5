import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startNode } from '../../support/node-process.ts'
import { until } from '../../support/until.ts'

/** More than Node has the system keep when it is not told: 511. */
const clients = 800

test.skipIf(process.platform !== 'linux')(
  'a crowd that comes while the gateway is held up is kept and answered',
  async () => {
    const systemMax = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8'))
    expect(systemMax, 'net.core.somaxconn').toBeGreaterThan(clients)
    await using node = await startNode()
    const { pid } = node.runFile
    const port = Number(new URL(node.gateway).port)
    const sockets: Socket[] = []
    let connected = 0
    process.kill(pid, 'SIGSTOP')
    try {
      for (let i = 0; i < clients; i++) {
        const socket = connect(port, '127.0.0.1', () => connected++)
        sockets.push(socket.on('error', () => {}))
      }
      await until('all to be connected', () => connected === clients, { timeoutMs: 5_000 })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const answers = sockets.map(async (socket) => {
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      socket.destroy()
      return bytes.toString('latin1').split('\r\n')[0]
    })
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200 OK']))
    await node.stop()
  },
)
