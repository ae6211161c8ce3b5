/** The calls of LangChain, whatever chat model it is given. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { type Calls, errorOf, type Failed, Person } from './client.ts'

/** Chat models of one library. */
export interface Chats {
  readonly brief: BaseChatModel
  /** One whose answers are long enough for a value. */
  readonly whole: BaseChatModel
  /** One whose answers may be long. */
  readonly long: BaseChatModel
  /** One of another name. */
  readonly named: (model: string) => BaseChatModel
  readonly failedOf: (error: unknown) => Failed
}

/** What every chat model of LangChain has. */
export function langchainCalls({ brief: chat, whole, long, named, failedOf }: Chats) {
  return {
    chat: async (question) => (await chat.invoke(question)).text,
    async stream(question) {
      const pieces: string[] = []
      for await (const chunk of await chat.stream(question)) pieces.push(chunk.text)
      return pieces
    },
    async tools(question, tool, result) {
      const bound = chat.bindTools?.([{ type: 'function', function: tool }])
      if (bound === undefined) throw new Error('it takes no tools')
      const asked = new HumanMessage(question)
      const first = await bound.invoke([asked])
      const call = first.tool_calls?.[0]
      if (call === undefined) return { text: first.text }
      const { name, args, id = '' } = call
      const told = new ToolMessage({ content: result, tool_call_id: id, name })
      const turn = new AIMessage({ content: first.content, tool_calls: [call] })
      return {
        call: { name, arguments: args },
        text: (await bound.invoke([asked, turn, told])).text,
      }
    },
    async image(question, png) {
      const content = [
        { type: 'text', text: question },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      ]
      return (await chat.invoke([new HumanMessage({ content })])).text
    },
    structured: async (question, schema) =>
      await chat
        .withStructuredOutput(schema as Record<string, unknown>, { method: 'jsonSchema' })
        .invoke(question),
    parsed: async (question) =>
      await whole.withStructuredOutput(Person, { method: 'jsonSchema' }).invoke(question),
    async cancel(question) {
      const aborted = new AbortController()
      const stream = await long.stream(question, { signal: aborted.signal })
      for await (const chunk of stream) {
        if (chunk.text === '') continue
        aborted.abort()
        return chunk.text
      }
      return ''
    },
    missing: async (name) => failedOf(await errorOf(named(name).invoke('x'))),
  } satisfies Calls
}
