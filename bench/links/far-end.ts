/**
 * The end of a link at which the engine is. Arguments: `link` or `bare`, the data directory, the one name that may come in, the
 * engine's origin. `bare` is the least that mutual TLS can be: Node's own server, which asks for a certificate and looks at
 * nothing in it. Tells its parent the port.
 */
import { createServer } from 'node:https'
import { Pool } from 'undici'
import { loadIdentity, type PeerId } from '../../src/cluster/identity/index.ts'
import { Members, startLinksServer } from '../../src/cluster/links/index.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { silentLog } from '../../src/sys/log.ts'
import { relayThrough } from '../gateway/relay.ts'
import { reportPort } from '../gateway/wire.ts'

const [kind, dataDir = '', near, engine = ''] = process.argv.slice(2)
const identity = await loadIdentity(dataDir)
const relay = relayThrough(new Pool(engine, { headersTimeout: 0, bodyTimeout: 0 }))

if (kind === 'link') {
  const server = await startLinksServer({
    identity,
    members: new Members([near as PeerId]),
    host: '127.0.0.1',
    port: 0,
    onRequest: (_, request, response) => relay(request, response),
    onJoin: () => Promise.resolve({ status: 403, body: '{}' }),
    clock: systemClock,
    log: silentLog,
  })
  reportPort(server)
} else {
  const key = identity.privateKey.export({ format: 'pem', type: 'pkcs8' })
  const options = { key, cert: identity.certificate, requestCert: true, rejectUnauthorized: false }
  const server = createServer({ ...options, minVersion: 'TLSv1.3' }, relay)
  server.listen(0, '127.0.0.1', () => reportPort(server.address()))
}
