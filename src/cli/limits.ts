/** Every bound of the commands, each with its reason. */
export const limits = {
  /** A gateway of this network answers a connection in far less; a wrong address shall not look like a slow one. */
  connectMs: 5_000,
  /** Lists wait up to ten seconds for an engine that starts. */
  listMs: 30_000,
  /** One line of a stream, and one whole answer: the tensors of a large model, the context of a long one. */
  answerBytesMax: 64 * 1024 * 1024,
  /** What is piped in as a prompt; the gateway takes no larger body. */
  promptBytesMax: 60 * 1024 * 1024,
  /** `stop` waits for a drain and its end. */
  stopMs: 40_000,
  /** `stop --now` waits for what ends at once. */
  stopNowMs: 10_000,
  /** Between two signals of `stop --now`; faster ones count as one press of Ctrl-C. */
  repeatMs: 400,
  /** Between two looks whether a node is gone. */
  lookMs: 50,
  /** A stop that takes longer says that it waits. */
  patienceMs: 1_000,
  /** A new engine that answers has done so by then; one that does not is told of, and asked on. */
  firstAnswerMs: 5_000,
  /** Lines of a conversation that the arrow keys bring back. */
  historyLines: 200,
} as const
