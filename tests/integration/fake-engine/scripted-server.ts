/** A server that answers every request with the bytes of a script, and ends the connection as it says. */

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export interface Script {
  /** Everything from the status line on. */
  readonly bytes: string | Uint8Array
  /** How it ends: with FIN, with RST, or not at all. */
  readonly end: 'fin' | 'rst' | 'open'
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  /** Most connections at one time. */
  readonly connectionsMax: () => number
}

export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const sockets = new Set<Socket>()
  let most = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    most = Math.max(most, sockets.size)
    socket.on('error', () => {}) // the client has what it wanted
    socket.once('close', () => sockets.delete(socket))
    let asked = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      const hadAll = isWhole(asked)
      asked += text
      if (!hadAll && isWhole(asked)) play(socket, script)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connectionsMax: () => most,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function isWhole(request: string): boolean {
  const at = request.indexOf('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0)
  return at >= 0 && request.length >= at + 4 + length
}

function play(socket: Socket, { bytes, end }: Script): void {
  socket.write(bytes, () => {
    if (end === 'fin') socket.end()
    if (end === 'rst') socket.resetAndDestroy()
  })
}
