/** The API that a route belongs to: it decides the form of errors, and how a stream ends. */
export type Dialect = 'ollama' | 'openai' | 'anthropic'
