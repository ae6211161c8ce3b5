/**
 * Links between nodes: HTTP/1.1 over TLS 1.3, each side known by its key before a byte of HTTP is exchanged. `server.ts`
 * listens, `client.ts` dials.
 */
export { callLink, type LinkAnswer, type LinkCall } from './call.ts'
export { type Link, type LinksClient, type LinksClientOptions, makeLinksClient } from './client.ts'
export { type JoinAnswer, type JoinRequest, joinPath } from './join-route.ts'
export { type LinkLimits, linkLimits } from './limits.ts'
export { Members } from './members.ts'
export { circuitPath } from './reach.ts'
export { type LinksServer, type LinksServerOptions, startLinksServer } from './server.ts'
export { openTunnel, type TunnelWish } from './tunnel.ts'
