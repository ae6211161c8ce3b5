import type { Guard } from './guards.ts'

const server = 'src/cluster/links/server.ts'
const listener = 'src/cluster/links/listener.ts'
const visitors = 'src/cluster/links/visitors.ts'
const doorway = 'src/cluster/links/doorway.ts'
const joinRoute = 'src/cluster/links/join-route.ts'

/** Guards of the link port, with the rows of `tests/attack/link-cases.ts` and of the attack table that need them. */
export const linkGuards: readonly Guard[] = [
  {
    what: 'every route is open to strangers',
    file: server,
    find: '      } else if (isMember) {\n',
    replace: '      } else if (isMember || !isMember) {\n',
    rows: ['L-01', 'L-02', 'A-80'],
  },
  {
    what: 'anything that is not a route of its own is a wish to join',
    file: server,
    find: "request.url === joinPath && request.method === 'POST'",
    replace: 'request.url?.includes(joinPath)',
    rows: ['L-01'],
  },
  {
    what: 'who is removed keeps its connections',
    file: server,
    find: 'members.onRemoved((peer) => visitors.drop(peer))',
    replace: 'members.onRemoved(() => {})',
    rows: ['A-80'],
  },
  {
    what: 'who shows no certificate is a stranger like any other',
    file: listener,
    find: 'if (peer !== undefined) return onVisitor(socket, { peer, source })',
    replace: "return onVisitor(socket, { peer: peer ?? ('' as PeerId), source })",
    rows: ['L-03', 'L-04'],
  },
  {
    what: 'older versions of TLS are spoken',
    file: 'src/cluster/links/secure.ts',
    find: "minVersion: 'TLSv1.3'",
    replace: "minVersion: 'TLSv1.2'",
    rows: ['A-25'],
  },
  {
    what: 'failed handshakes are not told',
    file: listener,
    find: "if (code !== 'ECONNRESET') refusals",
    replace: "if (code === '') refusals",
    rows: ['A-25', 'L-09'],
  },
  {
    what: 'headers may be as long as they like',
    file: server,
    find: 'maxHeaderSize: limits.headerBytesMax',
    replace: 'maxHeaderSize: 64 * 1024 * 1024',
    rows: ['L-05'],
  },
  {
    what: 'there may be as many headers as fit',
    file: server,
    find: 'request.rawHeaders.length / 2 > limits.headerFieldsMax',
    replace: 'request.rawHeaders.length < 0',
    rows: ['L-06'],
  },
  {
    what: "Node's parser is lenient",
    file: server,
    find: '      maxHeaderSize: limits.headerBytesMax,\n',
    replace: '      maxHeaderSize: limits.headerBytesMax,\n      insecureHTTPParser: true,\n',
    rows: ['L-07'],
  },
  {
    what: 'nobody looks for late requests',
    file: server,
    find: "  http.emit('listening')",
    replace: "  http.emit('nothing')",
    rows: ['L-08'],
  },
  {
    what: 'a handshake may take as long as it likes',
    file: listener,
    find: 'handshakeTimeout: limits.handshakeMs',
    replace: 'handshakeTimeout: 120_000',
    rows: ['L-09'],
  },
  {
    what: 'one source may have any number of half-open connections',
    file: doorway,
    find: 'own.size >= this.#limits.halfOpenPerSourceMax',
    replace: 'own.size < 0',
    rows: ['L-10'],
  },
  {
    what: 'there may be any number of half-open connections',
    file: doorway,
    find: 'this.#waiting.size >= this.#limits.halfOpenMax',
    replace: 'this.#waiting.size < 0',
    rows: ['L-10'],
  },
  {
    what: 'one source may be any number of strangers',
    file: visitors,
    find: ' && ofSource < strangersPerSourceMax',
    replace: ' && ofSource + strangersPerSourceMax > 0',
    rows: ['L-11'],
  },
  {
    what: 'there may be any number of strangers',
    file: visitors,
    find: 'this.#strangersCount < strangersMax && ',
    replace: 'strangersMax > 0 && ',
    rows: ['L-11'],
  },
  {
    what: 'a stranger may stay',
    file: server,
    find: 'if (!members.has(peer)) {',
    replace: 'if (peer.length === 0) {',
    rows: ['L-12'],
  },
  {
    what: 'a wish to join may be as large as it likes',
    file: joinRoute,
    find: 'bytes > bytesMax',
    replace: 'bytes < 0 * bytesMax',
    rows: ['L-13'],
  },
  {
    what: 'anyone may ask to join as often as it likes',
    file: joinRoute,
    find: '!rate.take(source, clock.nowMs())',
    replace: "!rate.take(source, clock.nowMs()) && source === ''",
    rows: ['L-14'],
  },
  {
    what: 'a member may have any number of connections',
    file: visitors,
    find: ' && own.size < connectionsPerMemberMax',
    replace: ' && own.size + connectionsPerMemberMax > 0',
    rows: ['L-15'],
  },
  {
    what: 'there may be any number of connections',
    file: visitors,
    find: 'this.#visitors.size < connectionsMax && ',
    replace: 'connectionsMax > 0 && ',
    rows: ['L-15'],
  },
  {
    what: 'every refusal is a line',
    file: 'src/cluster/links/refusal-log.ts',
    find: 'this.#seen.has(source) || ',
    replace: '',
    rows: ['L-01', 'L-16'],
  },
  {
    what: 'a node may have any characters in its name',
    file: 'src/cluster/membership/records.ts',
    find: '.regex(/^[^\\p{C}\\p{Zl}\\p{Zp}]+$/u)',
    replace: '.min(1)',
    rows: ['L-17'],
  },
  {
    what: 'a token admits as often as it is shown',
    file: 'src/cluster/membership/admission.ts',
    find: 'token.usesLeft < 1',
    replace: 'token.usesLeft < 0',
    rows: ['L-18'],
  },
]
