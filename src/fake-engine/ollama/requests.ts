/** Request bodies, field by field, under the names of Ollama's api/types.go. */
import { readKeepAlive } from './duration.ts'
import {
  type Decoded,
  type FieldReader,
  goAny,
  goBase64List,
  goBool,
  goInt,
  goInts,
  goMap,
  goRaw,
  goString,
  goStructs,
} from './json-decode.ts'
import { GoError } from './json-scan.ts'

const keepAlive: FieldReader<number> = (value) => readKeepAlive(value)

const thinkLevels = '"high", "medium", "low", "max", true, or false'

const think: FieldReader<boolean | string> = (value) => {
  if (value.type === 'bool') return value.value
  if (value.type !== 'string')
    throw new GoError(`think must be a boolean or string (${thinkLevels})`)
  if (['high', 'medium', 'low', 'max'].includes(value.value)) return value.value
  throw new GoError(`invalid think value: ${JSON.stringify(value.value)} (must be ${thinkLevels})`)
}

const shared = {
  model: goString,
  stream: goBool,
  format: goRaw,
  keep_alive: keepAlive,
  options: goMap,
  think,
  truncate: goBool,
  shift: goBool,
  _debug_render_only: goBool,
  logprobs: goBool,
  top_logprobs: goInt,
}

export const generateFields = {
  ...shared,
  prompt: goString,
  suffix: goString,
  system: goString,
  template: goString,
  context: goInts,
  raw: goBool,
  images: goBase64List,
}

const toolCalls = goStructs('[]api.ToolCall', 'api.ToolCall', { id: goString, function: goMap })

const message = {
  role: goString,
  content: goString,
  thinking: goString,
  images: goBase64List,
  tool_calls: toolCalls,
  tool_name: goString,
  tool_call_id: goString,
}

export const chatFields = {
  ...shared,
  messages: goStructs('[]api.Message', 'api.Alias', message),
  tools: goStructs('api.Tools', 'api.Tool', { type: goString, function: goMap }),
}

export const embedFields = {
  model: goString,
  input: goAny,
  keep_alive: keepAlive,
  truncate: goBool,
  dimensions: goInt,
  options: goMap,
}

export const embeddingFields = {
  model: goString,
  prompt: goString,
  keep_alive: keepAlive,
  options: goMap,
}

export const showFields = {
  model: goString,
  system: goString,
  template: goString,
  verbose: goBool,
  options: goMap,
  name: goString,
}

export const copyFields = { source: goString, destination: goString }

export const deleteFields = { model: goString, name: goString }

export const createFields = {
  model: goString,
  name: goString,
  from: goString,
  files: goMap,
  system: goString,
  stream: goBool,
}

/** Of pull and push. */
export const transferFields = { model: goString, insecure: goBool, stream: goBool, name: goString }

export type GenerateRequest = Decoded<typeof generateFields>
export type ChatRequest = Decoded<typeof chatFields>
export type Message = NonNullable<ChatRequest['messages']>[number]
