/** nginx as a second reference: what a relay costs that is written in C. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { until } from '../../tests/support/until.ts'
import type { Listening } from './processes.ts'

/** Two for each stream; more than an open-file limit of 20,000 lets it have. */
const connectionsMax = 20_000

/** Starts it before that engine; undefined where it is not installed. Throws when it ends at once. */
export async function startNginx(enginePort: number): Promise<Listening | undefined> {
  const directory = await makeTemporaryDirectory()
  const port = await freePort()
  const config = directory.inside('nginx.conf')
  const log = directory.inside('error.log')
  await writeFile(config, configOf(port, enginePort, directory.path))
  const child = spawn('nginx', ['-p', directory.path, '-e', log, '-c', config], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }, // not on everyone's path
  })
  if (!(await isSpawned(child))) {
    await directory.remove()
    return undefined
  }
  const stop = async () => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    }
    await directory.remove()
  }
  await until('nginx to listen', async () => {
    if (child.exitCode !== null) throw new Error(`nginx: ${await readFile(log, 'utf8')}`)
    return await isListening(port)
  })
  return { pid: child.pid ?? 0, port, stop }
}

/** One process, no log, every byte at once, kept connections on both sides. */
function configOf(port: number, enginePort: number, directory: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n  ')
  return `daemon off; master_process off; pid ${directory}/pid;
events { worker_connections ${connectionsMax}; }
http {
  access_log off; tcp_nodelay on; keepalive_timeout 300s; keepalive_requests 100000000;
  ${temporary}
  upstream engine { server 127.0.0.1:${enginePort}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 300s;
    }
  }
}
`
}

async function isSpawned(child: ChildProcess): Promise<boolean> {
  try {
    await once(child, 'spawn')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
