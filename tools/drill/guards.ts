import type { Break } from './broken-copy.ts'

/** A guard of the gateway, how it is turned off, and the rows of the attack table that must turn red then. */
export interface Guard extends Break {
  readonly rows: readonly string[]
}

const server = 'src/gateway/server.ts'
const edge = 'src/gateway/edge.ts'
const refusals = 'src/gateway/refusals.ts'

export const guards: readonly Guard[] = [
  {
    what: "Node's parser is lenient",
    file: server,
    find: 'insecureHTTPParser: false',
    replace: 'insecureHTTPParser: true',
    rows: ['A-02', 'A-04', 'A-05'],
  },
  {
    what: 'bytes that are no request are not refused',
    file: refusals,
    find: '    const { limits } = this.#context\n',
    replace: '    if (error !== undefined) return\n    const { limits } = this.#context\n',
    rows: ['A-01', 'A-03', 'A-09', 'A-14'],
  },
  {
    what: 'a Host may be missing, or there may be two, or a coding before the chunks',
    file: edge,
    find: '  if (unreadable !== undefined) return unreadableAnswer(unreadable)\n',
    replace: '',
    rows: ['A-03', 'A-06', 'A-07'],
  },
  {
    what: 'a target may name another host',
    file: 'src/wire/http/unreadable.ts',
    find: 'return isHostDisputed(url, host) ? badRequest() : undefined',
    replace: 'return undefined',
    rows: ['A-07'],
  },
  {
    what: 'HTTP/1.0 must name a host as well',
    file: 'src/wire/http/unreadable.ts',
    find: 'return httpVersionMinor >= 1 ?',
    replace: 'return httpVersionMinor >= 0 ?',
    rows: ['A-08'],
  },
  {
    what: 'a method that is not known is no request',
    file: 'src/gateway/parser-errors.ts',
    find: 'return invented ?? unreadableAnswer(',
    replace: 'return unreadableAnswer(',
    rows: ['A-10'],
  },
  {
    what: 'a wrong method is not told the right ones',
    file: edge,
    find: "const headers = ['Allow', match.allow]\n  return { status: 405",
    replace: 'const headers: string[] = []\n  return { status: 405',
    rows: ['A-10'],
  },
  {
    what: 'a tunnel is let be',
    file: server,
    find: "  server.on('connect', (_, socket) => refusals.refuseTunnel(socket))\n",
    replace: "  server.on('connect', () => {})\n",
    rows: ['A-10'],
  },
  {
    what: 'nobody listens to a refused tunnel',
    file: refusals,
    find: "    socket.on('error', () => {}) // nobody else listens any more; the end is seen by its time\n    socket.resume()\n",
    replace: '',
    rows: ['A-10'],
  },
  {
    what: 'an upgrade is taken',
    file: server,
    find: "  server.on('drop',",
    replace: "  server.on('upgrade', (_, socket) => socket.destroy())\n  server.on('drop',",
    rows: ['A-11'],
  },
  {
    what: 'every answer ends its connection',
    file: 'src/gateway/answer.ts',
    find: '  if (closes) response.shouldKeepAlive = false',
    replace: '  response.shouldKeepAlive = false',
    rows: ['A-12'],
  },
  {
    what: 'nobody looks who asks',
    file: edge,
    find: '  if (turnedAway !== undefined) return send(turnedAway)\n',
    replace: '',
    rows: ['A-13'],
  },
  {
    what: 'headers may be as long as they like',
    file: server,
    find: 'maxHeaderSize: limits.headerBytesMax',
    replace: 'maxHeaderSize: 64 * 1024 * 1024',
    rows: ['A-15'],
  },
  {
    what: 'there may be as many headers as fit',
    file: edge,
    find: '  if (rawHeaders.length / 2 > limits.headerFieldsMax) return headersTooLarge(limits)\n',
    replace: '',
    rows: ['A-16'],
  },
  {
    what: 'headers may take as long as they like',
    file: server,
    find: 'headersTimeout: limits.headersMs',
    replace: 'headersTimeout: 0',
    rows: ['A-17', 'A-19'],
  },
  {
    what: 'bodies may be as slow as they like',
    file: 'src/gateway/body-bounds.ts',
    find: '  return receivedBytes < (bytesPerSecond * elapsedMs) / 1000\n',
    replace: '  return false\n',
    rows: ['A-18'],
  },
  {
    what: 'each silent connection is a line',
    file: refusals,
    find: '    if (isSilent(socket)) {\n',
    replace: '    if (socket.destroyed) {\n',
    rows: ['A-19'],
  },
  {
    what: 'there may be any number of connections',
    file: server,
    find: '  server.maxConnections = limits.connectionsMax\n',
    replace: '',
    rows: ['A-20'],
  },
  {
    what: 'connections too many are not counted',
    file: server,
    find: "dropped.count('overLimit')",
    replace: 'undefined',
    rows: ['A-20'],
  },
  {
    what: 'a client that leaves is written down as a refused one',
    file: refusals,
    find: "isErrno(error, 'ECONNRESET') || !(socket.writable || this.#refused.has(socket))",
    replace: 'false',
    rows: ['A-21'],
  },
  {
    what: 'nobody looks whether the client is still there',
    file: 'src/gateway/edge.ts',
    find: '    if (!response.writableFinished) for (const action of exchange.whenLeft) action()\n',
    replace: '',
    rows: ['A-22'],
  },
  {
    what: 'a client that reads nothing may stay',
    file: 'src/gateway/delivery.ts',
    find: '() => exchange.response.destroy())',
    replace: '() => {})',
    rows: ['A-23'],
  },
  {
    what: 'the engine is not made to wait',
    file: 'src/gateway/delivery.ts',
    find: '    this.call?.pause()\n',
    replace: '',
    rows: ['A-23'],
  },
  {
    what: 'every body is asked for',
    file: server,
    find: "  server.on('checkContinue', takeOfNode) // whether the body is wanted is known after the limits are checked\n",
    replace: '',
    rows: ['A-24'],
  },
  {
    what: 'no length is too long',
    file: 'src/gateway/body.ts',
    find: "  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {\n",
    replace: '  if (bytesMax < 0) {\n',
    rows: ['A-24'],
  },
  {
    what: 'what breaks is written down twice',
    file: refusals,
    find: '      this.#refuseNewest(newest, socket, error)\n    }\n',
    replace: '      this.#refuse(socket, answer, error.code)\n    }\n',
    rows: ['A-14'],
  },
  {
    what: 'every exchange is kept for ever',
    file: server,
    find: '    const before = refusals.began(exchange)\n',
    replace:
      '    const before = refusals.began(exchange)\n    ;((globalThis as { kept?: unknown[] }).kept ??= []).push(exchange)\n',
    rows: ['A-12'],
  },
]
