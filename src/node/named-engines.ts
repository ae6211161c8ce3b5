/** The engines that the configuration names, beside those that a node has by itself. */
import { readListenAddress, type Settings } from '../config/index.ts'
import { isOdError } from '../core/errors/index.ts'
import type { OllamaProcessManager } from '../engine/manager/index.ts'

/** What was found of an engine, or why there is none: one short clause. */
export interface EngineNote {
  readonly name: 'ollama' | 'engine'
  readonly text: string
}

/** Adds them; one that cannot be added is told of and does not keep the others away. */
export async function addNamedEngines(
  manager: OllamaProcessManager,
  { engines, integration }: Settings,
): Promise<readonly EngineNote[]> {
  const notes: EngineNote[] = []
  const add = async (name: string, action: () => Promise<string> | string) => {
    const text = await tell(action)
    notes.push({ name: 'ollama', text: `${name}: ${text}` })
  }
  for (const [name, address] of Object.entries(engines.remote)) {
    await add(name, () => `remote, at ${manager.addRemote(name, address).url}`)
  }
  if (!integration.enabled || !integration.processManager.autoStart) return notes
  for (const [name, address] of Object.entries(engines.managed)) {
    await add(name, async () => {
      const at = await manager.addInstance(name, readListenAddress(address), { isPatient: true })
      return `started at ${at.host}, port ${at.port}`
    })
  }
  return notes
}

async function tell(action: () => Promise<string> | string): Promise<string> {
  try {
    return await action()
  } catch (error) {
    if (!isOdError(error)) throw error
    return `not added: ${error.message}. ${error.remedy}`
  }
}
