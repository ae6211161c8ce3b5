/** What the suite asks of a client library; each is used as its own documents say. */
import { z } from 'zod'

export interface Tool {
  readonly name: string
  readonly description: string
  /** JSON schema of the arguments. */
  readonly parameters: {
    readonly type: 'object'
    readonly properties: Readonly<Record<string, object>>
    readonly required: readonly string[]
  }
}

/** What a conversation with a tool came to. */
export interface ToolUse {
  /** Absent when the model answered in words. */
  readonly call?: { readonly name: string; readonly arguments: unknown }
  /** What it said when it had the result, or instead of a call. */
  readonly text: string
}

export interface Failed {
  /** The library's own class of error. */
  readonly type: string
  readonly status: number
  readonly message: string
}

/** The calls that a library has; what it has no call for is absent. Answers are of at most `shortTokens` tokens. */
export interface Calls {
  readonly generate?: (prompt: string) => Promise<string>
  readonly chat?: (question: string) => Promise<string>
  /** The pieces of a streamed chat. */
  readonly stream?: (question: string) => Promise<string[]>
  /** Asks, gives the result when the tool is called, and hears the answer. */
  readonly tools?: (question: string, tool: Tool, result: string) => Promise<ToolUse>
  /** The same in the library's own loop. */
  readonly loop?: (question: string, tool: Tool, result: string) => Promise<ToolUse>
  readonly image?: (question: string, pngBase64: string) => Promise<string>
  /** Words of a sound. The call has no bound on them, so a model that is brief by itself is asked. */
  readonly transcribe?: (wavBase64: string, briefModel: string) => Promise<string>
  readonly embed?: (texts: readonly string[]) => Promise<number[][]>
  /** What a schema bound the answer to, parsed. */
  readonly structured?: (question: string, schema: object) => Promise<unknown>
  /** The same, by the library's own helper, which is given `Person` and not its JSON schema. */
  readonly parsed?: (question: string) => Promise<unknown>
  /** Names of the models. */
  readonly list?: () => Promise<string[]>
  readonly show?: (model: string) => Promise<unknown>
  /** Begins a long stream, and leaves it after the first piece, which is the answer. */
  readonly cancel?: (question: string) => Promise<string>
  /** What a chat with a model that nobody has is told. */
  readonly missing?: (model: string) => Promise<Failed>
  /** What it is told that asks a model to think which cannot. */
  readonly unable?: (question: string) => Promise<Failed>
}

/** Where a client is pointed, and what it asks for. */
export interface Target {
  /** Origin of an Ollama, or of a gateway. */
  readonly url: string
  readonly model: string
  /** The model calls no tool by itself; whoever can binds its answer to `callSchema`. */
  readonly isBound: boolean
}

export interface Client {
  readonly name: string
  readonly calls: (target: Target) => Calls
  /** It can bind an answer beside offering tools, so that any model calls. */
  readonly bindsCalls?: true
  /** Before the first call; tells what is missing where it cannot be used. */
  readonly open?: () => Promise<{ readonly missing: string } | undefined>
  readonly close?: () => Promise<void>
}

export const shortTokens = 24
/** A bound call is longer, and so is what a library makes a value of: it throws where the end is missing. */
export const callTokens = 60
export const longTokens = 4000
export const seed = 42

/** What a schema made by a library itself is made of; few tokens for any model. */
export const Person = z.object({
  name: z.enum(['Ida', 'Ole']),
  age: z.literal([31, 30]),
  city: z.enum(['Oslo', 'Rome']),
})

/** The error that a promise is rejected with. */
export async function errorOf(asked: PromiseLike<unknown>): Promise<unknown> {
  try {
    await asked
  } catch (error) {
    return error
  }
  throw new Error('it was answered')
}

/** What a call is where the text of an answer is one: the only JSON that a small model can be made to say. */
export function callSchema({ name, parameters }: Tool): object {
  return {
    type: 'object',
    properties: { name: { type: 'string', enum: [name] }, arguments: parameters },
    required: ['name', 'arguments'],
  }
}
