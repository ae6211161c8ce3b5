import { encodeGoJson, type JsonValue } from '../go-json/index.ts'
import { type MessagePart, messageOnWire } from './answer-lines.ts'
import { goTimestamp } from './timestamps.ts'

/** Answers about models, in Ollama's key order. Source: Ollama api/types.go; meanings in ollama-api §1.7. */

/** What is known of a model without opening it. */
export interface ModelDetails {
  /** Name of the model it was made from, or empty. */
  readonly parentModel: string
  readonly format: string
  readonly family: string
  readonly families: readonly string[]
  /** For example `134.52M`. */
  readonly parameterSize: string
  /** For example `Q8_0`. */
  readonly quantizationLevel: string
  readonly contextLength?: number
  readonly embeddingLength?: number
}

/** One model of `/api/tags`. */
export interface TagsEntry {
  /** Shortest display name, tag included. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
  readonly sizeBytes: number
  /** 64 hexadecimal digits, without `sha256:`. */
  readonly digest: string
  readonly details: ModelDetails
  readonly capabilities: readonly string[]
  /** Of a stub: the model's name at another server, and that server. */
  readonly remote?: { readonly model: string; readonly host: string }
  /** Milliseconds since 1970 until which it is not loaded, because it ended its runners. No field of Ollama's. */
  readonly refusedUntilMs?: number | undefined
}

/** One loaded model of `/api/ps`. */
export interface PsEntry {
  readonly name: string
  readonly sizeBytes: number
  readonly digest: string
  readonly details: ModelDetails
  /** Milliseconds since 1970; `Infinity` for a model that stays. */
  readonly expiresMs: number
  readonly sizeVramBytes: number
  readonly contextLength: number
}

/** The answer of `/api/show`; empty texts and lists are left out. */
export interface ShowAnswer {
  readonly license: string
  readonly modelfile: string
  readonly parameters: string
  readonly template: string
  readonly system: string
  readonly details: ModelDetails
  readonly messages: readonly MessagePart[]
  /** As `modelInfo` of the GGUF reader makes it; printed in its order. */
  readonly modelInfo: Readonly<Record<string, unknown>>
  readonly tensors: readonly TensorEntry[]
  readonly capabilities: readonly string[]
  readonly modifiedMs: number
  readonly requires: string
}

export interface TensorEntry {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
}

/** `/api/tags`; entries in the order given. */
export function tagsAnswer(entries: readonly TagsEntry[]): string {
  const models = entries.map(({ name, remote, modifiedMs, sizeBytes, digest, ...entry }) => ({
    name,
    model: name,
    remote_model: remote?.model,
    remote_host: remote?.host,
    modified_at: goTimestamp(modifiedMs),
    size: sizeBytes,
    digest,
    details: detailsOnWire(entry.details),
    capabilities: entry.capabilities.length === 0 ? undefined : entry.capabilities,
    refused_until: entry.refusedUntilMs && goTimestamp(entry.refusedUntilMs),
  }))
  return encodeGoJson({ models })
}

/** Go's longest duration: what Ollama adds to the present for a model that stays. */
const foreverMs = 2 ** 63 / 1e6

/** `/api/ps`; entries in the order given. `nowMs` is milliseconds since 1970. */
export function psAnswer(entries: readonly PsEntry[], nowMs: number): string {
  const models = entries.map(({ name, sizeBytes, digest, details, ...entry }) => ({
    name,
    model: name,
    size: sizeBytes,
    digest,
    details: detailsOnWire(details),
    expires_at: goTimestamp(Math.min(entry.expiresMs, nowMs + foreverMs)),
    size_vram: entry.sizeVramBytes,
    context_length: entry.contextLength,
  }))
  return encodeGoJson({ models })
}

/** `/api/show`. */
export function showAnswer(answer: ShowAnswer): string {
  return encodeGoJson({
    license: answer.license || undefined,
    modelfile: answer.modelfile || undefined,
    parameters: answer.parameters || undefined,
    template: answer.template || undefined,
    system: answer.system || undefined,
    details: detailsOnWire(answer.details),
    messages: answer.messages.length === 0 ? undefined : answer.messages.map(messageOnWire),
    model_info: answer.modelInfo,
    tensors: answer.tensors.length === 0 ? undefined : answer.tensors,
    capabilities: answer.capabilities.length === 0 ? undefined : answer.capabilities,
    modified_at: goTimestamp(answer.modifiedMs),
    requires: answer.requires || undefined,
  })
}

/** `/api/version`. */
export function versionAnswer(version: string): string {
  return encodeGoJson({ version })
}

function detailsOnWire(details: ModelDetails): { readonly [key: string]: JsonValue | undefined } {
  return {
    parent_model: details.parentModel,
    format: details.format,
    family: details.family,
    families: details.families.length === 0 ? null : details.families,
    parameter_size: details.parameterSize,
    quantization_level: details.quantizationLevel,
    context_length: details.contextLength,
    embedding_length: details.embeddingLength,
  }
}
