import type { Dialect } from '../core/dialect.ts'

/**
 * What a request of another API comes to in Ollama's own, and the way back. Ollama does it the same way: it rewrites the
 * request, calls its native handler, and rewrites each value that this writes. Source: Ollama middleware/.
 */

/** What a translation takes from outside. */
export interface TranslationPorts {
  /** Milliseconds since 1970. */
  wallMs(): number
  /** A whole number from 0 to `max` - 1. */
  randomInteger(max: number): number
  /** So many random bytes as hexadecimal. */
  randomHex(bytes: number): string
}

/** One request on its way. Made for one answer: events are numbered. */
export interface Translation {
  /** The native route that answers. */
  readonly route: 'chat' | 'generate' | 'embed' | 'tags' | 'show'
  /** The native request, as JSON. */
  readonly body: string
  readonly isStream: boolean
  /** Headers that Ollama sets before it calls the native handler: an error has them as well. */
  readonly headers: Readonly<Record<string, string>>
  /** A wish to think is dropped where the model cannot, instead of refused. */
  readonly relaxesThinking: boolean
  /** A native whole answer, in the client's form. Not of a stream. */
  whole(answer: string): string
  /** A native line as server-sent events, and what follows the last one; of a stream only. */
  line(line: string): string
  /** The form of its errors. */
  readonly dialect: Dialect
  /** Tells a client within its stream that nothing more comes. Ollama itself just ends. */
  failure(message: string): string
}

/** One server-sent event with a name. */
export function namedEvent(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`
}

/** One server-sent event without a name. */
export function plainEvent(data: string): string {
  return `data: ${data}\n\n`
}

/** Headers of a stream for which Ollama sets them itself. */
export const eventStreamHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-cache',
  Connection: 'keep-alive',
}
