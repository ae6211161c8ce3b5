/** What a fake engine is told, and what it tells. */

export type Capability = 'completion' | 'tools' | 'insert' | 'thinking' | 'embedding'

/** How a model's prompt is laid out; the fake has no template engine, only these. */
export type Layout = 'chat' | 'chat-open' | 'chat-think' | 'insert' | 'plain'

/** What answers are made of: words that follow from the prompt, or `t0 t1 t2 …`, where each token tells its place. */
export type TokenStyle = 'words' | 'indexed'

export interface FakeModel {
  /** As a user types it; the defaults of names are filled in. */
  readonly name: string
  /** Without it, what the options say. */
  readonly tokens?: TokenStyle
  /** Models with equal weights share a runner. Without it, each model has its own. */
  readonly weights?: string
  readonly sizeBytes?: number
  /** Time to load, in milliseconds. */
  readonly loadMs?: number
  /** Time per prompt token, in milliseconds. */
  readonly prefillMs?: number
  /** Longest context of the model, in tokens. */
  readonly contextLength?: number
  readonly embeddingLength?: number
  readonly capabilities?: readonly Capability[]
  readonly layout?: Layout
  /** Text that show tells; the layout decides what is done. */
  readonly template?: string
  readonly system?: string
  readonly licenses?: readonly string[]
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly messages?: readonly { readonly role: string; readonly content: string }[]
  readonly parentModel?: string
  readonly parameterSize?: string
  readonly quantization?: string
  readonly modelInfo?: Readonly<Record<string, unknown>>
  readonly tensors?: readonly { name: string; type: string; shape: readonly number[] }[]
  /** A file that cannot be loaded: every use answers 500. */
  readonly isBroken?: boolean
}

export interface FakeOptions {
  readonly models?: readonly FakeModel[]
  /** Answer of `/api/version`. */
  readonly version?: string
  /** An address of this machine; 127.0.0.1 when absent. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  /** Tokens of an answer that nothing else ends. */
  readonly answerTokens?: number
  readonly tokenIntervalMs?: number
  readonly tokens?: TokenStyle
  /** Requests that one runner answers at a time; OLLAMA_NUM_PARALLEL. */
  readonly parallel?: number
  /** Requests that may wait for a load; OLLAMA_MAX_QUEUE. */
  readonly maxQueue?: number
  /** Runners at a time; OLLAMA_MAX_LOADED_MODELS. */
  readonly maxLoaded?: number
  /** OLLAMA_KEEP_ALIVE in milliseconds. */
  readonly keepAliveMs?: number
  /** Context of a request that names none. */
  readonly numCtx?: number
}

/** What happens to an answer once `afterTokens` tokens of it were made. */
export type AnswerFault =
  /** The socket is closed between two lines; before the first token, without any answer. */
  | { readonly type: 'cut'; readonly afterTokens: number }
  /** The socket is closed in the middle of the next line. */
  | { readonly type: 'cutInLine'; readonly afterTokens: number }
  /** The runner dies, as after `kill -9`: Ollama's error line, or status 500 before the first token. */
  | { readonly type: 'runnerDies'; readonly afterTokens: number }
  /** The same way of telling, with another text; the runner lives on. */
  | { readonly type: 'error'; readonly afterTokens: number; readonly error: string }
  /** A line that is not JSON comes between; then it goes on. */
  | { readonly type: 'garbage'; readonly afterTokens: number }
  /** A line with so much text comes between; then it goes on. */
  | { readonly type: 'oversizeLine'; readonly afterTokens: number; readonly sizeBytes: number }
  /** The stream ends cleanly without its last object. */
  | { readonly type: 'noTerminator'; readonly afterTokens: number }
  /** Nothing more comes, but the headers, until faults are set again. */
  | { readonly type: 'stall'; readonly afterTokens: number }
  /** The program ends as after `kill -9`, with all its answers. */
  | { readonly type: 'processDies'; readonly afterTokens: number }
  /** The next line is not UTF-8. */
  | { readonly type: 'wrongBytes'; readonly afterTokens: number }
  /** The next token is wrong, said twice, left out, or said after the one that follows it; all lines look well. */
  | { readonly type: WordFault; readonly afterTokens: number }

export type WordFault = 'wrongToken' | 'repeatToken' | 'skipToken' | 'swapTokens'

export interface Faults {
  /** The port is closed to new connections; idle ones are closed too. */
  readonly refuseConnections?: boolean
  /** Requests are read and not answered until this is taken back: all, or only those that need a model. */
  readonly hang?: 'all' | 'inference'
  /** Requests that need a model wait so long before anything else happens. */
  readonly headerDelayMs?: number
  /** The next so many requests that need a model are answered with this error at once. */
  readonly refuseNext?: { readonly times: number; readonly status: number; readonly error: string }
  /** Each request that needs a model is refused with this probability; equal seeds refuse the same ones of a row. */
  readonly refuseSome?: {
    readonly probability: number
    readonly seed: number
    readonly status: number
    readonly error: string
  }
  /** Every token takes so much longer. */
  readonly tokenDelayMs?: number
  /** `/api/ps` lists models that are not loaded, and leaves out models that are. Names as a user types them. */
  readonly psLies?: { readonly adds?: readonly string[]; readonly hides?: readonly string[] }
  /** No answer makes more tokens than this, plus what `release` allows. */
  readonly holdAfterTokens?: number
  readonly answer?: AnswerFault
  /** How many answers `answer` strikes; all when absent. */
  readonly answerTimes?: number
}

/** What can befall a request. A refused connection brings none. */
export type FaultName =
  | Exclude<keyof Faults, 'refuseConnections' | 'answer' | 'answerTimes'>
  | AnswerFault['type']

export interface RecordedRequest {
  readonly id: number
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  /** In the order of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** `aborted`: the client left first; `cut`: the fake closed the socket. */
  readonly outcome: 'active' | 'answered' | 'aborted' | 'cut'
  readonly status: number | undefined
  /** 1 for the request that was done first, and so on; 0 while it is active. */
  readonly doneAs: number
  readonly tokensMade: number
  /** Tokens handed to the socket. */
  readonly tokensWritten: number
  /** The faults that struck it, in their order, each once. */
  readonly faults: readonly FaultName[]
}

export interface Stats {
  /** Connections accepted since the start, and open now. */
  readonly connections: number
  readonly openConnections: number
  readonly requests: number
  /** Requests that came and are not done. */
  readonly active: number
  /** Most requests in the hands of runners at one time. */
  readonly generatingMax: number
  /** Answers that wait at `holdAfterTokens` now. */
  readonly held: number
  readonly tokensMade: number
  readonly tokensWritten: number
  /** Requests whose client left before the answer was done. */
  readonly aborted: number
  readonly loads: number
  readonly unloads: number
}
