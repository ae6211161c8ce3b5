/** From a request to the tokens that the model reads. */
import { OdError } from '../../core/errors/index.ts'
import type { Think } from '../../wire/ollama/requests.ts'
import {
  type PromptInput,
  type PromptMessage,
  renderJinja,
  renderPrompt,
} from '../template/index.ts'
import { templateOf } from './capabilities.ts'
import type { InstalledModel } from './ports.ts'
import type { Lease } from './residency/index.ts'
import type { EngineService } from './service.ts'
import { thinkInput } from './thinking.ts'

/** A prompt as text and as tokens. */
export interface Prompt {
  readonly text: string
  readonly tokens: readonly number[]
}

/** What may happen to a prompt that is longer than the context. */
interface PromptBounds {
  readonly truncate: boolean
  /** Without it, nothing may be cut out of a text. */
  readonly shift: boolean
  readonly numKeep: number
}

/** Turns a prompt input into text with the model's own template, or the one that the request brings. */
export function renderWith(
  service: EngineService,
  model: InstalledModel,
  lease: Lease,
  { own, think }: { readonly own?: string | undefined; readonly think: Think | undefined },
): (input: PromptInput) => string {
  const thinking = thinkInput(think)
  const currentDate = new Date(service.clock.wallMs()).toISOString().slice(0, 10)
  const { kind, source } = own === undefined ? templateOf(model) : { kind: 'go', source: own }
  if (kind === 'jinja') {
    const { beginText, endText } = lease.facts
    const texts = { currentDate, bosToken: beginText, eosToken: endText }
    return (input) => renderJinja(source, { ...input, ...thinking, ...texts })
  }
  const template = service.templateOf(source)
  return (input) => renderPrompt(template, { ...input, ...thinking, currentDate })
}

/**
 * A chat as a prompt. With `truncate` the oldest messages are dropped until it fits the context; system messages and the last
 * one stay, so it may still be too long. Source: Ollama server/prompt.go.
 */
export async function chatPrompt(
  render: (input: PromptInput) => string,
  input: PromptInput & { readonly messages: readonly PromptMessage[] },
  lease: Lease,
  truncate: boolean,
): Promise<Prompt> {
  const { messages } = input
  for (let first = 0; ; first++) {
    const kept = messages.filter(({ role }, index) => index >= first || role === 'system')
    const prompt = await textPrompt(render({ ...input, messages: kept }), lease)
    const isLast = first >= messages.length - 1
    if (isLast || !truncate || prompt.tokens.length < lease.facts.contextTokens) return prompt
  }
}

/** A single text as a prompt. */
export async function textPrompt(text: string, lease: Lease): Promise<Prompt> {
  return { text, tokens: await lease.runner.tokenize(text, true) }
}

/**
 * The tokens that the model gets. Throws `OD_INPUT_TOO_LONG` when they do not fit and may not be truncated, `OD_PROMPT_TOO_LONG`
 * when the context may not shift either.
 */
export function boundedTokens(
  { tokens }: Prompt,
  contextTokens: number,
  bounds: PromptBounds,
): readonly number[] {
  if (tokens.length < contextTokens) return tokens
  if (!bounds.truncate) throw new OdError('OD_INPUT_TOO_LONG')
  if (!bounds.shift) throw new OdError('OD_PROMPT_TOO_LONG')
  return fitTokens(tokens, contextTokens, bounds.numKeep)
}

/**
 * Keeps the first `numKeep` tokens and the end, and leaves half of the rest of the context to the answer.
 * Source: Ollama runner/llamarunner (truncation, then its first context shift).
 */
export function fitTokens(
  tokens: readonly number[],
  contextTokens: number,
  numKeep: number,
): readonly number[] {
  if (tokens.length < contextTokens) return tokens
  const keep = Math.max(0, Math.min(numKeep, contextTokens - 2))
  const end = Math.max(1, Math.floor((contextTokens - keep) / 2))
  return [...tokens.slice(0, keep), ...tokens.slice(-end)]
}
