import {
  anyMap,
  anything,
  decodeStruct,
  flag,
  type JsonObject,
  type JsonValue,
  list,
  optional,
  type Reader,
  struct,
  text,
} from '../go-json/index.ts'
import type { Message } from './request-types.ts'
import { message } from './requests.ts'

/**
 * Decoders of the requests that change the store. All throw OD_BODY_MISSING, or OD_BODY_MALFORMED with the text that a Go server
 * gives. Names and paths are not judged here. Source: Ollama api/types.go.
 */

/** Files by name, each a digest; undefined when the field did not come. */
type FileMap = ReadonlyMap<string, string>

/** `POST /api/create`. Absent texts are empty. */
export interface CreateRequest {
  /** `model`, or the older `name` where that is empty. */
  readonly model: string
  /** Absent means yes. */
  readonly stream?: boolean
  readonly from: string
  readonly files?: FileMap
  readonly adapters?: FileMap
  readonly draftFiles?: FileMap
  readonly template: string
  readonly system: string
  /** A text, a list of texts, or something wrong; null when absent. */
  readonly license: JsonValue
  readonly parameters: JsonObject
  readonly messages: readonly Message[]
  /** Names of Ollama's code for prompts and answers. */
  readonly renderer: string
  readonly parser: string
  readonly requires: string
  readonly remoteHost: string
  /** `quantize`, or the older `quantization` where that is empty. */
  readonly quantize: string
}

/** `POST /api/copy`. */
export interface CopyRequest {
  readonly source: string
  readonly destination: string
}

/** Go's `map[string]string`. */
const fileMap: Reader<FileMap | undefined> = {
  zero: undefined,
  nullResets: true,
  read(node, reading, before) {
    if (node.kind !== 'object') {
      reading.misfit(node.kind, 'map[string]string')
      return undefined
    }
    const files = new Map(before)
    for (const { key, value } of node.members) {
      files.set(key, value.kind === 'null' ? '' : text.read(value, reading))
    }
    return files
  },
}

type RawCreate = CreateRequest & { readonly name: string; readonly quantization: string }

const createRequest = struct<RawCreate>('api.CreateRequest', {
  model: { name: 'model', reader: text },
  name: { name: 'name', reader: text },
  stream: { name: 'stream', reader: optional(flag) },
  from: { name: 'from', reader: text },
  files: { name: 'files', reader: fileMap },
  adapters: { name: 'adapters', reader: fileMap },
  draftFiles: { name: 'draft_files', reader: fileMap },
  template: { name: 'template', reader: text },
  system: { name: 'system', reader: text },
  license: { name: 'license', reader: anything },
  parameters: { name: 'parameters', reader: anyMap },
  messages: { name: 'messages', reader: list(message, '[]api.Message') },
  renderer: { name: 'renderer', reader: text },
  parser: { name: 'parser', reader: text },
  requires: { name: 'requires', reader: text },
  remoteHost: { name: 'remote_host', reader: text },
  quantize: { name: 'quantize', reader: text },
  quantization: { name: 'quantization', reader: text },
})

const copyRequest = struct<CopyRequest>('api.CopyRequest', {
  source: { name: 'source', reader: text },
  destination: { name: 'destination', reader: text },
})

const deleteRequest = struct<{ readonly model: string; readonly name: string }>(
  'api.DeleteRequest',
  { model: { name: 'model', reader: text }, name: { name: 'name', reader: text } },
)

/** `POST /api/pull` and `POST /api/push`. */
export interface TransferRequest {
  /** `model`, or the older `name` where that is empty. */
  readonly model: string
  /** Over plain HTTP. */
  readonly insecure: boolean
  /** Absent means yes. */
  readonly stream?: boolean
  /** Of an account at that registry. Ollama reads both and uses neither. */
  readonly credentials?: { readonly username: string; readonly password: string }
}

function transferRequest(name: TransferName) {
  return struct<
    Omit<TransferRequest, 'credentials'> & { name: string; username: string; password: string }
  >(`api.${name}`, {
    model: { name: 'model', reader: text },
    insecure: { name: 'insecure', reader: flag },
    username: { name: 'username', reader: text },
    password: { name: 'password', reader: text },
    stream: { name: 'stream', reader: optional(flag) },
    name: { name: 'name', reader: text },
  })
}

/** Go's names of both. */
type TransferName = 'PullRequest' | 'PushRequest'

const transferRequests = {
  PullRequest: transferRequest('PullRequest'),
  PushRequest: transferRequest('PushRequest'),
}

/** `POST /api/pull` or `POST /api/push`. */
export function decodeTransfer(bytes: Uint8Array, name: TransferName): TransferRequest {
  const {
    model,
    name: older,
    insecure,
    stream,
    username,
    password,
  } = decodeStruct(bytes, transferRequests[name])
  return {
    model: model || older,
    insecure,
    ...(stream === undefined ? {} : { stream }),
    ...(username === '' ? {} : { credentials: { username, password } }),
  }
}

/** `POST /api/create`. */
export function decodeCreate(bytes: Uint8Array): CreateRequest {
  const { name, quantization, ...request } = decodeStruct(bytes, createRequest)
  return {
    ...request,
    model: request.model || name,
    quantize: request.quantize || quantization,
  }
}

/** `POST /api/copy`. */
export function decodeCopy(bytes: Uint8Array): CopyRequest {
  return decodeStruct(bytes, copyRequest)
}

/** `DELETE /api/delete`: the name that is meant. */
export function decodeDelete(bytes: Uint8Array): string {
  const { model, name } = decodeStruct(bytes, deleteRequest)
  return model || name
}
