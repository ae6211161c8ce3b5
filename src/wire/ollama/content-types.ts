/** Content types by situation, spelt as Ollama spells them (ollama-api §1.2). */
export const contentTypes = {
  /** Whole answers and most errors. */
  json: 'application/json; charset=utf-8',
  /** A stream of lines. */
  lines: 'application/x-ndjson',
  /** An error in the place of a stream's first line; answers in the form of OpenAI or Anthropic. */
  bareJson: 'application/json',
  /** A stream of server-sent events. */
  events: 'text/event-stream',
  /** The liveness text. */
  text: 'text/plain; charset=utf-8',
  /** What goes along with a redirect. */
  page: 'text/html; charset=utf-8',
  /** 404 and 405. */
  refusal: 'text/plain',
} as const
