import type { EngineView } from '../../core/engine.ts'
import type { OllamaProcessManager } from './process-manager.ts'

/** Undefined when the engine answers; why not when its first process ended or it was removed. */
export function untilUp(
  manager: Pick<OllamaProcessManager, 'monitor' | 'instance'>,
  name: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const look = (engine: EngineView) => {
      if (engine.id !== name || engine.state === 'starting') return
      end()
      resolve(engine.state === 'running' ? undefined : engine.reason)
    }
    const end = manager.monitor.onEvent(look)
    look(manager.instance(name))
  })
}
