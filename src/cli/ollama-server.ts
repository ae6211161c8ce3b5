/** Whether a server is an Ollama. */
import { parseObject, textField } from './ndjson.ts'
import { ask } from './question.ts'

/** What it says of itself, or in one clause why it is none. */
export type OllamaServer =
  | { readonly isOllama: true; readonly version: string }
  | { readonly isOllama: false; readonly reason: string }

/** An Ollama says its words at `/` and a version as Ollama does; every other web server fails one of both. */
export async function lookAtServer(url: string): Promise<OllamaServer> {
  const [root, answer] = await Promise.all([ask(`${url}/`), ask(`${url}/api/version`)])
  if (root.type === 'silence') return { isOllama: false, reason: root.reason }
  if (answer.type === 'silence') return { isOllama: false, reason: answer.reason }
  if (answer.status !== 200) {
    return { isOllama: false, reason: `/api/version answers with ${answer.status}` }
  }
  const version = textField(parseObject(answer.text) ?? {}, 'version')
  if (root.text.trim() !== 'Ollama is running' || version === '') {
    return { isOllama: false, reason: 'it does not answer as Ollama does' }
  }
  return { isOllama: true, version }
}
