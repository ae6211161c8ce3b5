/** Every bound of what nodes tell each other of their engines, each with its reason. */
export const limits = {
  /** Three quarters of what a node may say of itself in soft state; some 180 models. */
  advertBytesMax: 12 * 1024,
  /** As Ollama's own names: host, namespace, model and tag at their longest. */
  nameCharactersMax: 600,
  /** Of a digest's 64 digits: 48 bits tell the models of one cluster apart. */
  digestCharacters: 12,
  /** More do not fit. */
  advertModelsMax: 2_000,
  /** A load is told at most so often: what a gateway sends itself it knows without being told. */
  loadMs: 500,
  /** News of members are looked at together when they come so close. */
  newsMs: 20,
  /** The longest that a list keeps its reader for the sake of another node. */
  refreshMsMax: 300,
  /** How long this node asks its own engines for a list that another node waits for: it must be back in time. */
  ownListMsMax: 200,
  /** A list that comes later than its readers wait is still good for the next ones. */
  listAnswerMs: 2_000,
  /** Ten thousand models. */
  listBytesMax: 4 * 1024 * 1024,
  listModelsMax: 10_000,
  /** A node that says nothing to a request for as long is asked something small: most answers have begun, a load has not. */
  silenceMs: 1_000,
  /** The same where all answers have begun: a stream of tokens pauses for seconds, rarely for as long. */
  streamSilenceMs: 10_000,
  /** A node that no link reaches says so as often to what waits for more of its answers. */
  stillMs: 5_000,
  /** Between looks at a node that no link reaches, at first and at last. */
  firstLookMs: 250,
  longestLookMs: 4_000,
} as const
