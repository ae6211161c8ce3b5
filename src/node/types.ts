/** One thing that was done on the way up, for the line that is printed of it. */
export interface StartStep {
  /** `ports`, `data`, `model`, `engine`, `ollama`, `gateway`. */
  readonly name: string
  /** What came of it, one short clause. */
  readonly text: string
  readonly durationMs: number
}

/** A node that is up. */
export interface RunningNode {
  /** Address for programs on this machine, for example `http://127.0.0.1:8080`. */
  readonly gatewayUrl: string
  /** Every address at which the gateway answers; more than one when it listens on all interfaces. */
  readonly addresses: readonly string[]
  readonly dataDir: string
  /** Its name in the cluster, a PeerId. */
  readonly nodeId: string
  /** Where other nodes find it, for `join --peer`. */
  readonly joinAddresses: readonly string[]
  /** A token with which one node may join within an hour. Rejects with what the store says. */
  makeToken(): Promise<string>
  /** Joins the cluster of the first of these members that can be reached; without any, of one that is found. Rejects with OD_JOIN_… and OD_LINK_…. */
  join(
    peers: readonly string[],
    token: string | undefined,
  ): Promise<{
    readonly outcome: 'admitted' | 'pending'
    readonly clockOffMs: number
    readonly member: string
  }>
  /** Why the newest question of a wish that waits for approval was refused; undefined while there is hope, or none waits. */
  joining(): { readonly isWaiting: boolean; readonly error?: string }
  /** Set when the embedded engine holds Ollama's own address: another Ollama cannot start there meanwhile. */
  readonly heldOllamaAddress: string | undefined
  /** The models that answer now, of all nodes; takes up to 300 ms. */
  models(): Promise<readonly string[]>
  /** Stops: no new requests, running answers may finish within `drainMs`, then everything ends. Safe to call again. */
  stop(drainMs: number): Promise<void>
}
