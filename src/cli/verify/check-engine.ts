/** Checks 1 and 2: is there an engine on this machine, and does one answer as Ollama does? */

import { findOllama, installHint } from '../../sys/ollama-program.ts'
import { objectList, parseObject, textField } from '../ndjson.ts'
import { lookAtServer } from '../ollama-server.ts'
import { ask } from '../question.ts'
import type { Finding } from './check.ts'
import type { Ground } from './ground.ts'

/** Check 1: an engine that could serve here: a program `ollama`, a server that answers as one, or our own library. */
export async function checkInstallation(ground: Ground): Promise<Finding> {
  const { call, config } = ground
  const { enabled, processManager } = config.values.integration
  const url = ollamaUrl(ground)
  const [program, server] = await Promise.all([
    findOllama(call.self.env, config.values.ollama.binary),
    url && lookAtServer(url),
  ])
  const found: string[] = []
  if (program !== undefined) found.push(`Ollama ${program.version ?? ''} at ${program.path}`)
  if (server && server.isOllama) found.push(`Ollama ${server.version} at ${url}`)
  const library = enabled && processManager.autoStart ? await probeEngineLibrary() : undefined
  let embedded = 'is switched off by the configuration'
  if (library?.isUsable === true) found.push(`embedded engine, llama.cpp ${library.version}`)
  else if (library !== undefined) embedded = `cannot be used: ${library.reason}`
  if (found.length > 0) return { isPassed: true, text: found.join('; ') }
  return {
    isPassed: false,
    text: `no program ollama on PATH, and the embedded engine ${embedded}`,
    hint: `${installHint(call.self.platform)} Or let this program bring its own: integration.enabled and integration.process_manager.auto_start true.`,
  }
}

/** Check 2: what listens where Ollama's own clients look is an Ollama, and nothing else. */
export async function checkServer(ground: Ground): Promise<Finding> {
  const url = await engineUrl(ground)
  if (url === undefined) {
    return {
      isPassed: false,
      text: 'the node has no engine that runs',
      hint: 'Look with `ollama-distributed status` how its engines stand.',
    }
  }
  const server = await lookAtServer(url)
  if (server.isOllama) {
    return { isPassed: true, text: `Ollama ${server.version} answers at ${url}` }
  }
  return {
    isPassed: false,
    text: `what is at ${url} is no Ollama: ${server.reason}`,
    hint: 'Start a node with `ollama-distributed start`, or `ollama serve`; where another program has that port, give ollama.port another one.',
  }
}

/** The library costs a process, and the node's code is loaded for it, so it is asked only here. */
async function probeEngineLibrary() {
  const { probeLibrary } = await import('../../node/index.ts')
  return await probeLibrary()
}

/** Where Ollama's own clients look; port 0 leaves it to the node, which then is asked. */
async function engineUrl(ground: Ground): Promise<string | undefined> {
  const url = ollamaUrl(ground)
  if (url !== undefined) return url
  const reply = await ask(`${ground.gateway}/api/v1/instances`)
  const answer = reply.type === 'answer' ? parseObject(reply.text) : undefined
  const engines = answer === undefined ? [] : objectList(answer, 'instances')
  const running = engines.find((engine) => engine['state'] === 'running')
  return running && textField(running, 'url')
}

/** Undefined for port 0. */
function ollamaUrl({ config }: Ground): string | undefined {
  const { host, port } = config.values.ollama
  if (port === 0) return undefined
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
