import { OdError } from '../../core/errors/index.ts'
import { decodeBase64 } from '../base64.ts'
import {
  decodeOnlyValue,
  flag,
  goTypeOf,
  type JsonObject,
  type JsonValue,
  list,
  plainValue,
  type Reader,
  struct,
  text,
} from '../go-json/index.ts'

/** What several of the OpenAI requests hold. Source: Ollama openai/openai.go. */

/** A request that the translation itself refuses, with 400 and these words. */
export function unfit(reason: string): OdError {
  return new OdError('OD_BODY_MALFORMED', { reason })
}

export interface StreamOptions {
  readonly includeUsage: boolean
}

export const streamOptions: Reader<StreamOptions> = struct<StreamOptions>('openai.StreamOptions', {
  includeUsage: { name: 'include_usage', reader: flag },
})

/** A call of a tool in a message; its arguments are JSON in a text. */
export interface OpenaiToolCall {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

export const toolCalls: Reader<readonly OpenaiToolCall[]> = list(
  struct<OpenaiToolCall>('openai.ToolCall', {
    id: { name: 'id', reader: text },
    function: {
      name: 'function',
      // without a name of its own in Go, so that errors speak of the struct around it
      reader: struct<OpenaiToolCall['function']>('', {
        name: { name: 'name', reader: text },
        arguments: { name: 'arguments', reader: text },
      }),
    },
  }),
  '[]openai.ToolCall',
)

/** The object that a text holds; `null` counts as an empty one. Throws OD_BODY_MALFORMED in Go's words. */
export function readArguments(argumentsText: string): JsonObject {
  const value = plainValue(decodeOnlyValue(argumentsText))
  if (value === null) return {}
  if (isObject(value)) return value
  const type = typeof value === 'object' ? 'array' : typeof value
  throw unfit(`json: cannot unmarshal ${type} into Go value of type api.ToolCallFunctionArguments`)
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `stop` may be one text or several. Those that are none are dropped, or refused where `isStrict`. */
export function stopsOf(stop: JsonValue, isStrict: boolean): readonly string[] | undefined {
  if (typeof stop === 'string') return [stop]
  if (!Array.isArray(stop)) return undefined
  const other = stop.find((one) => typeof one !== 'string')
  if (isStrict && other !== undefined) {
    throw unfit(`invalid type for 'stop' field: ${goTypeOf(other)}`)
  }
  return stop.filter((one) => typeof one === 'string')
}

const imagePrefix = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,/

/** The picture in a data URI, as base64. Throws for a web address, and for what is no picture. */
export function imageOf(url: string): string {
  if (/^https?:\/\//.test(url)) {
    throw unfit('image URLs are not currently supported, please use base64 encoded data instead')
  }
  const prefix = imagePrefix.exec(url)?.[0]
  const decoded = prefix === undefined ? undefined : decodeBase64(url.slice(prefix.length))
  if (decoded?.ok !== true) throw unfit('invalid image input')
  return url.slice(prefix?.length)
}
