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
  /** Set when the embedded engine holds Ollama's own address: another Ollama cannot start there meanwhile. */
  readonly heldOllamaAddress: string | undefined
  /** The models that answer now. */
  readonly models: readonly string[]
  /** Stops: no new requests, running answers may finish within `drainMs`, then everything ends. Safe to call again. */
  stop(drainMs: number): Promise<void>
}
