/** Every bound of the link port and of links that this node opens, each with its reason. Sizes in bytes, times in milliseconds. */
export interface LinkLimits {
  readonly headerBytesMax: number
  readonly headerFieldsMax: number
  readonly headersMs: number
  readonly handshakeMs: number
  readonly halfOpenMax: number
  readonly halfOpenPerSourceMax: number
  readonly strangersMax: number
  readonly strangersPerSourceMax: number
  readonly strangerMs: number
  readonly joinBodyBytesMax: number
  readonly joinsPerMinute: number
  readonly joinsPerSourceAndMinute: number
  readonly connectionsMax: number
  readonly connectionsPerMemberMax: number
  readonly idleMs: number
  readonly probeMs: number
  readonly loggedSourcesMax: number
  readonly connectMs: number
  readonly staggerMs: number
  readonly dialsPerPeerMax: number
  readonly connectionsPerPeerMax: number
  readonly peerIdleMs: number
}

export const linkLimits: LinkLimits = {
  /** As at the gateway, whose clients' headers a link passes on, and room for what the gateway adds. */
  headerBytesMax: 18 * 1024,
  headerFieldsMax: 136,
  headersMs: 10_000,
  /** Two turns of a satellite link and a small computer that is busy take under two seconds. */
  handshakeMs: 5_000,
  /** A handshake under way holds about 50 KB. One too many takes the place of the oldest: an honest one is over in milliseconds. */
  halfOpenMax: 1_024,
  /** Sixteen nodes behind one address that all dial at their most. */
  halfOpenPerSourceMax: 256,
  /** Who joins needs one connection for a moment; more than these at once is no queue of honest newcomers. */
  strangersMax: 64,
  strangersPerSourceMax: 8,
  /** From the handshake to the answer: an admission may wait for the state of another node. */
  strangerMs: 30_000,
  /** A token, a name and a dozen addresses have under 2 KB. */
  joinBodyBytesMax: 16 * 1024,
  /** A rack of machines that joins from one script does so in a minute. */
  joinsPerMinute: 120,
  /** Mistyped tokens and new tries of a person. */
  joinsPerSourceAndMinute: 20,
  /** As at the gateway: below the usual limit on open files. */
  connectionsMax: 10_000,
  /** One connection carries one request at a time: twice what a node opens to one peer, so that its old ones may linger. */
  connectionsPerMemberMax: 2_048,
  /** Longer than the other side keeps its own, so that it closes first and never sends into a connection that is closing. */
  idleMs: 75_000,
  /** Silence after which the system asks whether the other machine is still there; it gives up ten seconds later. */
  probeMs: 15_000,
  /** Lines about refusals in a minute; sources beyond are counted. */
  loggedSourcesMax: 100,
  /** For all addresses of a peer together; a slow network needs two seconds for a handshake. */
  connectMs: 5_000,
  /** The next address is tried when the one before has not answered for as long. Source: RFC 8305 §5. */
  staggerMs: 250,
  /** A handshake costs both sides milliseconds: what many requests at once ask for is opened in turn. */
  dialsPerPeerMax: 16,
  /** Requests that can be under way to one peer; more wait for one to end. */
  connectionsPerPeerMax: 1_024,
  /** A handshake saved is worth 50 KB for a minute. */
  peerIdleMs: 60_000,
}
