import {
  goQuote,
  type JsonNode,
  type Reader,
  type Reading,
  readNested,
  readPrefixed,
  struct,
  text,
} from '../go-json/index.ts'

/** What `input` of `/v1/responses` may hold. Source: Ollama openai/responses.go, the types that read themselves. */

/** A text, or a list of items. */
export interface ResponsesInput {
  readonly text: string
  readonly items: readonly InputItem[]
}

export type InputItem =
  | { readonly type: 'message'; readonly role: string; readonly content: readonly InputContent[] }
  | CallItem
  | {
      readonly type: 'function_call_output'
      readonly callId: string
      readonly output: readonly InputContent[]
    }
  | { readonly type: 'reasoning'; readonly encryptedContent: string }

interface CallItem {
  readonly type: 'function_call'
  readonly callId: string
  readonly name: string
  readonly arguments: string
}

export type InputContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'file' }

interface ItemHead {
  readonly type: string
  readonly role: string
}

const itemHead = struct<ItemHead>('openai.ResponsesInputItem', {
  type: { name: 'type', reader: text },
  role: { name: 'role', reader: text },
})

const call = struct<Omit<CallItem, 'type'>>('openai.ResponsesFunctionCall', {
  callId: { name: 'call_id', reader: text },
  name: { name: 'name', reader: text },
  arguments: { name: 'arguments', reader: text },
})

const reasoning = struct<{ readonly encryptedContent: string }>('openai.ResponsesReasoningInput', {
  encryptedContent: { name: 'encrypted_content', reader: text },
})

const withText = struct<{ readonly type: string; readonly text: string; readonly url: string }>(
  'openai.ResponsesContent',
  {
    type: { name: 'type', reader: text },
    text: { name: 'text', reader: text },
    url: { name: 'image_url', reader: text },
  },
)

const content: Reader<InputContent> = {
  zero: { type: 'text', text: '' },
  nullResets: false,
  takesNull: true,
  read(node, reading) {
    const { type, text: said, url } = readNested(withText, node, reading)
    switch (type) {
      case 'input_text':
      case 'output_text':
        return { type: 'text', text: said }
      case 'input_image':
        return { type: 'image', url }
      case 'input_file':
        return { type: 'file' }
      default:
        return reading.abort(`unknown content type: ${type}`)
    }
  },
}

/** A text, or a list of contents; `name` is the field's, as errors spell it. */
function contents(name: string): Reader<readonly InputContent[]> {
  return {
    zero: [],
    nullResets: true,
    read(node, reading) {
      if (node.kind === 'string') return [{ type: 'text', text: node.value }]
      if (node.kind === 'array') {
        return node.items.map((item, at) =>
          readPrefixed(`${name}[${at}]: `, content, item, reading),
        )
      }
      return reading.abort(
        `${name} must be a string or array: json: cannot unmarshal ${node.kind} into Go value of type []json.RawMessage`,
      )
    },
  }
}

const messageContent = struct<{ readonly content: readonly InputContent[] }>(
  'openai.ResponsesInputMessage',
  { content: { name: 'content', reader: contents('content') } },
)

const callOutput = struct<{ readonly callId: string; readonly output: readonly InputContent[] }>(
  'openai.ResponsesFunctionCallOutput',
  {
    callId: { name: 'call_id', reader: text },
    output: { name: 'output', reader: contents('output') },
  },
)

const item: Reader<InputItem> = {
  zero: { type: 'reasoning', encryptedContent: '' },
  nullResets: false,
  takesNull: true,
  read(node, reading) {
    const { type, role } = orZero(itemHead, node, reading)
    const kind = type === '' && role !== '' ? 'message' : type
    switch (kind) {
      case 'message':
        return { type: kind, role, ...readNested(messageContent, node, reading) }
      case 'function_call':
        return { type: kind, ...readNested(call, node, reading) }
      case 'function_call_output':
        return { type: kind, ...readNested(callOutput, node, reading) }
      case 'reasoning':
        return { type: kind, ...readNested(reasoning, node, reading) }
      case '':
        return reading.abort("input item missing required 'type' field")
      default:
        return reading.abort(`unknown input item type: ${goQuote(kind)}`)
    }
  },
}

/** `null` leaves a struct of Go as it is. */
function orZero<T>(reader: Reader<T>, node: JsonNode, reading: Reading): T {
  return node.kind === 'null' ? reader.zero : readNested(reader, node, reading)
}

/** `input`: a text or a list. */
export const input: Reader<ResponsesInput> = {
  zero: { text: '', items: [] },
  nullResets: true,
  read(node, reading) {
    if (node.kind === 'string') return { text: node.value, items: [] }
    if (node.kind === 'array') {
      const items = node.items.map((one, at) => readPrefixed(`input[${at}]: `, item, one, reading))
      return { text: '', items }
    }
    return reading.abort(
      `input must be a string or array: json: cannot unmarshal ${node.kind} into Go value of type []json.RawMessage`,
    )
  },
}
