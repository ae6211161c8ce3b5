import { compactJson, type JsonValue, RawJson } from '../go-json/index.ts'
import type { ChatAnswer } from '../ollama/read-answers.ts'
import type { ResponsesFormat, ResponsesRequest, ResponsesTool } from './responses-request.ts'

/**
 * The response object of `/v1/responses`. Go prints it from a struct when it answers whole and from a map in a stream, where
 * all keys are sorted. Source: Ollama openai/responses.go, ToResponse and buildResponseObject.
 */
export interface ResponseState {
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly completedAt: number | null
  readonly status: 'in_progress' | 'completed'
  readonly output: readonly object[]
  readonly usage: object | null
}

/** In the order of the struct. */
export function responseObject(request: ResponsesRequest, state: ResponseState): object {
  return {
    id: state.id,
    object: 'response',
    created_at: state.createdAt,
    completed_at: state.completedAt,
    status: state.status,
    incomplete_details: null,
    model: request.model,
    previous_response_id: null,
    instructions: request.instructions || null,
    output: state.output,
    error: null,
    tools: (request.tools ?? []).map(toolOnWire),
    tool_choice: 'auto',
    truncation: request.truncation ?? 'disabled',
    parallel_tool_calls: true,
    text: { format: formatOnWire(request.text?.format) },
    top_p: request.topP ?? 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    temperature: request.temperature ?? 1,
    reasoning: reasoningOnWire(request),
    usage: state.usage,
    max_output_tokens: request.maxOutputTokens ?? null,
    max_tool_calls: null,
    store: false,
    background: request.background,
    service_tier: 'default',
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  }
}

/** As a map of Go's, for a stream: sorted, and a wish for thoughts shows what it leaves open. */
export function streamedResponseObject(request: ResponsesRequest, state: ResponseState): unknown {
  const { effort, summary } = request.reasoning
  const isAsked = effort !== '' || summary !== ''
  const reasoning = isAsked ? { effort: effort || null, summary: summary || null } : null
  return sortedKeys({ ...responseObject(request, state), reasoning })
}

/** Tokens of an answer; neither cached ones nor those of thoughts are told apart. */
export function responsesUsage({ prompt_eval_count, eval_count }: ChatAnswer): object {
  const [input = 0, output = 0] = [prompt_eval_count, eval_count]
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  }
}

function toolOnWire({ type, name, description, strict, parameters }: ResponsesTool): object {
  return {
    type,
    name,
    description: description ?? null,
    strict: strict ?? null,
    parameters: parameters === undefined ? null : sortedKeys(parameters),
  }
}

function formatOnWire(format: ResponsesFormat | undefined): object {
  if (format === undefined) return { type: 'text' }
  const { type, name, schema, strict } = format
  return {
    type,
    name: name || undefined,
    schema: schema === undefined ? undefined : new RawJson(compactJson(schema)),
    strict,
  }
}

function reasoningOnWire({ reasoning: { effort, summary } }: ResponsesRequest): object | null {
  if (effort === '' && summary === '') return null
  return { effort: effort || undefined, summary: summary || undefined }
}

/** Go prints the keys of a map in order, all the way down; texts as they are in JSON stay so. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null || value instanceof RawJson) return value
  const entries = Object.entries(value as Record<string, JsonValue>)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, sortedKeys(member)]))
}
