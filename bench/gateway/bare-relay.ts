/**
 * The least that a relay of Node can do: `node:http` in front, undici's pool behind. It chooses nothing, checks nothing, logs
 * nothing. Takes the engine's origin, tells its parent the port.
 */
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { relayThrough } from './relay.ts'
import { reportPort } from './wire.ts'

const [origin = ''] = process.argv.slice(2)
const pool = new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 })
const server = createServer(relayThrough(pool))
server.listen(0, '127.0.0.1', () => reportPort(server.address()))
