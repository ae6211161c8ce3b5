/** A proxy as companies have them: tunnels by CONNECT and forwards plain HTTP. It resolves names by a table of its own. */
import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

export interface ForwardProxy {
  readonly url: string
  /** `CONNECT host:port` and `GET http://…`, in their order. */
  readonly asked: string[]
  /** Its users' `Proxy-Authorization`. */
  readonly credentials: Set<string | undefined>
  stop(): Promise<void>
}

/** `hosts`: where it goes for a name with its port. */
export async function startForwardProxy(
  hosts: Readonly<Record<string, string>> = {},
): Promise<ForwardProxy> {
  const asked: string[] = []
  const credentials = new Set<string | undefined>()
  const placeOf = (host: string) => {
    const [, name = '', port = '80'] = /^(.*?)(?::(\d+))?$/.exec(hosts[host] ?? host) ?? []
    return { host: name, port: Number(port) }
  }
  const server = createServer((from, to) => {
    const url = new URL(from.url ?? '', 'http://none')
    asked.push(`${from.method} ${url.href}`)
    credentials.add(from.headers['proxy-authorization'])
    const { host, port } = placeOf(url.host)
    const path = url.pathname + url.search
    const out = request(
      { host, port, path, method: from.method, headers: from.headers },
      (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(to)
      },
    )
    out.on('error', () => to.destroy())
    from.pipe(out)
  })
  server.on('connect', (from, socket, head) => {
    asked.push(`CONNECT ${from.url}`)
    credentials.add(from.headers['proxy-authorization'])
    const out = connect(placeOf(from.url ?? ''), () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      out.write(head)
      out.pipe(socket).pipe(out)
    })
    for (const end of [out, socket]) end.on('error', () => (out.destroy(), socket.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    credentials,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
