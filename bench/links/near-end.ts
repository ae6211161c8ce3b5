/**
 * The end of a link at which the clients are. Arguments: `link` or `bare`, the data directory, name and port of the far end.
 * `bare`: undici's pool over Node's own TLS, which believes everyone. Tells its parent the port.
 */
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { loadIdentity, type PeerId } from '../../src/cluster/identity/index.ts'
import { type Link, Members, makeLinksClient } from '../../src/cluster/links/index.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { relayThrough } from '../gateway/relay.ts'
import { reportPort } from '../gateway/wire.ts'

const [kind, dataDir = '', far, port] = process.argv.slice(2)
const identity = await loadIdentity(dataDir)

function openLink(): Link {
  const client = makeLinksClient({ identity, members: new Members(), clock: systemClock })
  return client.to(far as PeerId, [{ kind: 'ip4', host: '127.0.0.1', port: Number(port) }])
}

function openPool(): Pool {
  const key = identity.privateKey.export({ format: 'pem', type: 'pkcs8' })
  const connect = { key, cert: identity.certificate, rejectUnauthorized: false }
  return new Pool(`https://127.0.0.1:${port}`, { connect, headersTimeout: 0, bodyTimeout: 0 })
}

const server = createServer(relayThrough(kind === 'link' ? openLink() : openPool()))
server.listen(0, '127.0.0.1', () => reportPort(server.address()))
