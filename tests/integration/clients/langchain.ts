import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama'
import { type Calls, type Client, longTokens, seed, shortTokens, type Target } from './client.ts'

function calls({ url, model }: Target): Calls {
  const settings = { baseUrl: url, model, temperature: 0, seed, maxRetries: 0 }
  const chat = new ChatOllama({ ...settings, numPredict: shortTokens })
  return {
    generate: async (prompt) => {
      const { seed: _, ...rest } = settings
      return await new Ollama({ ...rest, numPredict: shortTokens }).invoke(prompt)
    },
    chat: async (question) => (await chat.invoke(question)).text,
    async stream(question) {
      const pieces: string[] = []
      for await (const chunk of await chat.stream(question)) pieces.push(chunk.text)
      return pieces
    },
    async tools(question, tool, result) {
      const bound = chat.bindTools([{ type: 'function', function: tool }])
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
    embed: async (texts) =>
      await new OllamaEmbeddings({ baseUrl: url, model }).embedDocuments([...texts]),
    structured: async (question, schema) =>
      await chat.withStructuredOutput(schema, { method: 'jsonSchema' }).invoke(question),
    async cancel(question) {
      const aborted = new AbortController()
      const long = new ChatOllama({ ...settings, numPredict: longTokens })
      const stream = await long.stream(question, { signal: aborted.signal })
      for await (const chunk of stream) {
        aborted.abort()
        return chunk.text
      }
      return ''
    },
    async missing(name) {
      const other = new ChatOllama({ ...settings, model: name })
      const failed = await other.invoke('x').catch((error: unknown) => error)
      const { status_code: status, error: message } = failed as {
        status_code: number
        error: string
      }
      return { status, message }
    },
  }
}

export const langchain: Client = { name: 'npm @langchain/ollama', calls }
