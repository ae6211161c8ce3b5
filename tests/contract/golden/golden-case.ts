/** One recorded exchange with a real Ollama 0.24: what was asked, and the lines that are compared. */

export interface GoldenRequest {
  readonly method?: string
  readonly path?: string
  /** Besides the defaults; null leaves one out. */
  readonly headers?: readonly (readonly [name: string, value: string | null])[]
  readonly body?: Filled
  /** The whole request as bytes; `{HOST}` stands for host and port. */
  readonly raw?: Filled
  /** The body goes out chunked. */
  readonly chunked?: true
  /** Headers first; the body once something came back. */
  readonly expect?: true
  /** Our side is closed after the request. */
  readonly half_close?: true
  /** Whether the connection stays open afterwards is compared. */
  readonly watch_close?: true
  /** Methods of further requests in `raw`, whose answers follow. */
  readonly then_methods?: readonly string[]
}

/** Text, bytes in base64, a run of one letter, or several of these. */
export type Filled =
  | string
  | { readonly b64: string }
  | { readonly fill: string; readonly times: number }
  | { readonly parts: readonly Filled[] }

/** What is done before or after, and not compared. */
export type GoldenStep =
  | { readonly wait: 'ps_empty' | 'ps_has' }
  | (GoldenRequest & {
      readonly may_fail?: true
      /** Leaves the stream after so many objects. */
      readonly cancel_after?: number
    })

export interface GoldenCase {
  /** `group/name`. */
  readonly id: string
  readonly before?: readonly GoldenStep[]
  readonly after?: readonly GoldenStep[]
  readonly request: GoldenRequest
  /** Text of messages and answers is compared as it is, not as a placeholder. */
  readonly isExact?: true
  /** Of a model list, only these names are compared, in this order. */
  readonly names?: readonly string[]
  /** The outcome comes from the inference engine and may differ on another. */
  readonly engine?: true
  readonly expect: readonly string[]
}

/** Bytes of a text that may be written short. */
export function filledBytes(filled: Filled): Buffer {
  if (typeof filled === 'string') return Buffer.from(filled)
  if ('b64' in filled) return Buffer.from(filled.b64, 'base64')
  if ('fill' in filled) return Buffer.from(filled.fill.repeat(filled.times))
  return Buffer.concat(filled.parts.map(filledBytes))
}
