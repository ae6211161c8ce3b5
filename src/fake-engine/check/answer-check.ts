/** Judges one answer from its status, its bytes and the way in which it ended. */
import { type AnswerLine, type Api, readAnswerLine } from './answer-line.ts'
import { TokenSequence } from './token-sequence.ts'
import type { AnswerClass, Verdict } from './verdict.ts'

/** Longest line, and longest whole answer. */
const lineBytesMax = 16 * 1024 * 1024

/** What was asked, as far as the answer depends on it. */
export interface Question {
  readonly api: Api
  readonly isStreamed: boolean
  readonly model: string
  /** The engine's tokens are `t0 t1 t2 …`; otherwise only the form of the answer can be judged. */
  readonly isIndexed: boolean
  /** The `num_predict` that was asked for. */
  readonly tokensMax: number
}

/** How the bytes ended: as HTTP's framing says, or `what happened` instead. */
export type AnswerEnd =
  | { readonly type: 'complete' }
  | { readonly type: 'cut'; readonly by: string }

/** Feed it `begin`, `take`, then `end`. Memory is bounded by the longest line. */
export class AnswerCheck {
  readonly #question: Question
  readonly #sequence = new TokenSequence()
  #status: number | undefined
  #parts: Uint8Array[] = []
  #partBytes = 0
  #hasBytes = false
  #textLines = 0
  #end: Extract<AnswerLine, { type: 'end' | 'error' }> | undefined
  #wrong: string | undefined

  constructor(question: Question) {
    this.#question = question
  }

  /** Something of an answer's text has come. */
  get hasText(): boolean {
    return this.#textLines > 0
  }

  begin(status: number): void {
    this.#status = status
  }

  /** Takes more of the body. False when the answer is wrong already and the rest cannot change that. */
  take(chunk: Uint8Array): boolean {
    this.#hasBytes ||= chunk.length > 0
    let start = 0
    if (this.#status === 200 && this.#question.isStreamed) {
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, start)) {
        this.#keep(chunk.subarray(start, at))
        this.#line(this.#joined())
        start = at + 1
      }
    }
    this.#keep(chunk.subarray(start))
    if (this.#partBytes > lineBytesMax) this.#wrong ??= `more than ${lineBytesMax} bytes in a line`
    return this.#wrong === undefined
  }

  end(end: AnswerEnd): Verdict {
    if (this.#status === undefined || (end.type === 'cut' && !this.#hasBytes)) {
      return this.#verdict('failed', end.type === 'cut' ? end.by : 'no status came')
    }
    if (this.#status !== 200) return this.#errorAnswer(this.#status, end)
    const rest = this.#joined()
    if (!this.#question.isStreamed && end.type === 'complete' && rest.length > 0) this.#line(rest)
    else if (rest.length > 0 && this.#end !== undefined) this.#wrong ??= 'bytes after the end'
    this.#sequence.end(this.#end?.type === 'end')
    const wrong = this.#wrong ?? (this.#question.isIndexed ? this.#sequence.problem : undefined)
    if (wrong !== undefined) return this.#verdict('corrupted', wrong)
    if (this.#end?.type === 'error') return this.#verdict('broken', 'an error object ended it')
    if (this.#end !== undefined) return this.#counted(this.#end)
    if (end.type === 'cut') return this.#verdict('truncated', end.by)
    if (rest.length > 0 && this.#question.isStreamed) {
      return this.#verdict('truncated', 'it ended within a line')
    }
    return this.#verdict('truncated', 'it ended without done')
  }

  #line(bytes: Uint8Array): void {
    if (this.#wrong !== undefined) return
    if (this.#end !== undefined) {
      this.#wrong = 'a line after the end'
      return
    }
    const { api, model } = this.#question
    const line = readAnswerLine(bytes, api, model)
    if (line.type === 'wrong') this.#wrong = line.reason
    else if (line.type === 'error') this.#end = line
    else {
      if (line.text !== '') this.#textLines++
      this.#sequence.push(line.text)
      if (line.type === 'end') this.#end = line
    }
    if (this.#question.isIndexed) this.#wrong ??= this.#sequence.problem
  }

  /** A finished answer has as many tokens as it says. */
  #counted({ reason, count }: Extract<AnswerLine, { type: 'end' }>): Verdict {
    const { isIndexed, tokensMax } = this.#question
    if (!isIndexed) return this.#verdict('ok', reason)
    const seen = this.#sequence.count
    if (seen < count) return this.#verdict('truncated', `${seen} tokens came, it counts ${count}`)
    if (seen > count) return this.#verdict('corrupted', `${seen} tokens came, it counts ${count}`)
    if (reason === 'length' && seen !== tokensMax) {
      return this.#verdict('corrupted', `ended by length at ${seen} of ${tokensMax} tokens`)
    }
    return this.#verdict('ok', reason)
  }

  /** A status other than 200 says no; in an error object, or else nobody can tell why. */
  #errorAnswer(status: number, end: AnswerEnd): Verdict {
    const { api, model } = this.#question
    const line = end.type === 'complete' ? readAnswerLine(this.#joined(), api, model) : undefined
    if (line?.type !== 'error') {
      return this.#verdict('failed', `status ${status} without an error object`)
    }
    const isRule = (status >= 400 && status < 500) || status === 503
    return this.#verdict(isRule ? 'refused' : 'failed', `status ${status}`)
  }

  #verdict(answerClass: AnswerClass, reason: string): Verdict {
    const tokens = this.#question.isIndexed ? this.#sequence.count : this.#textLines
    return { class: answerClass, reason, status: this.#status, tokens }
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#parts.push(bytes)
    this.#partBytes += bytes.length
  }

  #joined(): Uint8Array {
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#partBytes = 0
    return bytes
  }
}
