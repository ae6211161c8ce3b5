import type { Answer } from './answer.ts'

/** A path of this product's own, and with which methods it answers. Parts of it that begin with a colon stand for any one part. */
export interface ManagementPath {
  readonly path: string
  /** In the order of `Allow`. */
  readonly methods: readonly string[]
  /** True when a method of it takes a body, of up to `managementBodyBytesMax`. */
  readonly hasBody: boolean
}

/** A request that found its path. */
export interface ManagementRequest {
  readonly method: string
  /** As the table has it, with its colons. */
  readonly path: string
  /** The parts that the path leaves open, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** As sent, with its question mark; empty where there is none. */
  readonly query: string
  readonly body: Uint8Array
  /** `Last-Event-ID`: where a broken stream of events is to go on. */
  readonly lastEventId: string | undefined
}

/** An answer without a length: events, sent as they happen. Source of the form: WHATWG HTML, server-sent events. */
export interface Feed {
  /**
   * Begins. `send` passes on a piece of the stream, `end` closes it after what was sent; both do nothing once the reader
   * is gone. Returns what is called, once, when it is.
   */
  begin(send: (text: string) => void, end: () => void): () => void
}

/** The management API; `admin` makes it, `node/` hands it over. */
export interface Management {
  readonly paths: readonly ManagementPath[]
  /** Never rejects for a request that cannot be answered: that is an answer, too. */
  answer(request: ManagementRequest): Promise<Answer | Feed>
  /** The status page for people at `/`. */
  page(): Promise<Answer>
}
