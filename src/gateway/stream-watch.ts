import { OdError } from '../core/errors/index.ts'
import {
  anthropicErrorFrame,
  type DialectError,
  openAiErrorFrame,
  responsesErrorFrame,
} from '../wire/dialect-errors.ts'
import { areSoundFrames, frameMeaning, sequenceNumberOf, WholeFrames } from '../wire/frames.ts'
import { areObjects, meaningOf, WholeLines } from '../wire/lines.ts'
import { errorAnswer } from './answer.ts'
import { errorId } from './error-answers.ts'
import type { Exchange } from './exchange.ts'

/** Watches a stream for its units, lines or frames: only whole ones go out, and it knows whether the last one was the end. */
export interface StreamWatch {
  /** Takes the next chunk and gives what may be sent on; undefined when there is nothing yet, `spoilt` when it is no answer any more. */
  push(chunk: Buffer): Uint8Array | 'spoilt' | undefined
  /** What stands behind the last whole unit. */
  readonly rest: Uint8Array
  /** True when what went out may end inside a unit, so that nothing more can stand behind it. */
  readonly isOverlong: boolean
  /** True when the stream, if it ended now, would lack what ends it: the engine lost the rest. */
  readonly isCut: boolean
  /** The unit that tells the client of an engine that died, and that its answer is not whole. */
  lastWords(): string
}

/** The watch for an answer of that content type; undefined for what is no stream of units. */
export function watchFor(contentType: string, exchange: Exchange): StreamWatch | undefined {
  if (contentType.startsWith('application/x-ndjson')) {
    const { handling } = exchange.route ?? {}
    const use = handling?.type === 'relay' ? handling.use : undefined
    return use === 'audio' || use === 'image' ? new CollectedWatch(use) : new LineWatch()
  }
  if (contentType.startsWith('text/event-stream')) return new FrameWatch(exchange)
  return undefined
}

/**
 * Transcripts and pictures bear the type of the stream that Ollama collects them from, and are one text each (observed on
 * 0.24). An engine that dies meanwhile ends them with nothing in them, and nothing says that of a text; a model that makes no
 * pictures is answered with nothing as well.
 */
class CollectedWatch implements StreamWatch {
  readonly rest = new Uint8Array(0)
  readonly isOverlong = true
  readonly #use: 'audio' | 'image'
  #isEmpty = true

  constructor(use: 'audio' | 'image') {
    this.#use = use
  }

  push(chunk: Buffer): Uint8Array {
    this.#isEmpty = false
    return chunk
  }

  get isCut(): boolean {
    return this.#use === 'audio' && this.#isEmpty
  }

  /** Never asked for: nothing can stand behind a part of a text. */
  lastWords(): string {
    return ''
  }
}

class LineWatch implements StreamWatch {
  readonly #lines = new WholeLines()

  push(chunk: Buffer): Uint8Array | 'spoilt' | undefined {
    const lines = this.#lines.push(chunk)
    if (lines === undefined || this.#lines.isOverlong) return lines
    return areObjects(lines) ? lines : 'spoilt'
  }

  get rest(): Uint8Array {
    return this.#lines.rest
  }

  get isOverlong(): boolean {
    return this.#lines.isOverlong
  }

  get isCut(): boolean {
    const { isOverlong, meaning, rest } = this.#lines
    if (isOverlong) return false // what a line of that length says is not looked at
    return (rest.length > 0 ? meaningOf(rest) : meaning) === 'open'
  }

  /** As Ollama writes it (ollama-api §11). */
  lastWords(): string {
    return `${errorAnswer(new OdError('OD_RUNNER_DIED')).body}\n`
  }
}

class FrameWatch implements StreamWatch {
  readonly #frames = new WholeFrames()
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  push(chunk: Buffer): Uint8Array | 'spoilt' | undefined {
    const frames = this.#frames.push(chunk)
    if (frames === undefined || this.#frames.isOverlong) return frames
    return areSoundFrames(frames) ? frames : 'spoilt'
  }

  get rest(): Uint8Array {
    return this.#frames.rest
  }

  get isOverlong(): boolean {
    return this.#frames.isOverlong
  }

  get isCut(): boolean {
    const { isOverlong, meaning, rest } = this.#frames
    if (isOverlong) return false
    return (rest.length > 0 ? frameMeaning(Buffer.from(rest)) : meaning) === 'open'
  }

  /** Ollama itself says nothing here, and a client would take the part for the whole (ollama-api §1.8). */
  lastWords(): string {
    const { httpStatus: status, message } = new OdError('OD_RUNNER_DIED')
    const error: DialectError = { status, message, requestId: errorId(this.#exchange) }
    const { route } = this.#exchange
    if (route?.dialect === 'anthropic') return anthropicErrorFrame(error)
    if (route?.path !== '/v1/responses') return openAiErrorFrame(error)
    const { lastFrame } = this.#frames
    const last = lastFrame === undefined ? undefined : sequenceNumberOf(lastFrame)
    return responsesErrorFrame(error, (last ?? -1) + 1)
  }
}
