/** A port at which somebody else is reached, as a router has them: connections to it are passed on. Arguments: host, port, where to. */
import { connect, createServer } from 'node:net'

const [host = '', port = '', toHost = '', toPort = ''] = process.argv.slice(2)

const server = createServer((near) => {
  const far = connect({ host: toHost, port: Number(toPort) })
  for (const socket of [near, far]) socket.on('error', () => {}) // its end ends the other
  near.on('close', () => far.destroy())
  far.on('close', () => near.destroy())
  near.pipe(far).pipe(near)
})
server.listen(Number(port), host, () => process.stdout.write('ready\n'))
