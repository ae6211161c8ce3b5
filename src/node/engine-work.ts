/** The long part of what is done with an engine: waiting for its answers, its end, its coming up. */
import type { LongAction, Progress } from '../admin/index.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import type { OllamaProcessManager } from '../engine/manager/index.ts'
import type { Clock } from '../sys/clock.ts'

/** As long as two starts on a cold disk may take; it is tried on after that, but nobody waits. */
const startMsMax = 120_000

/** See `EngineActions.stop`. */
export function stopping(manager: OllamaProcessManager, name: string, drainMs: number): LongAction {
  return async (progress) => {
    await draining(manager, name, drainMs)(progress)
    progress.tell('ends its processes', false)
    await manager.stopInstance(name, 0)
  }
}

/** See `EngineActions.start`. */
export function starting(manager: OllamaProcessManager, clock: Clock, name: string): LongAction {
  return async (progress) => {
    const { state } = manager.instance(name)
    // The next try of a loop may be a minute away; who asks wants one now.
    if (state === 'crash-loop') await manager.stopInstance(name, 0)
    manager.startAgain(name)
    try {
      await untilAnswers(manager, clock, name, progress)
    } catch (error) {
      const wasDown = state === 'stopped' || state === 'crash-loop'
      if (progress.signal.aborted && wasDown) await manager.stopInstance(name, 0)
      throw error
    }
  }
}

/** See `EngineActions.restart`: once it is stopped there is nothing to go back to. */
export function restarting(
  manager: OllamaProcessManager,
  clock: Clock,
  name: string,
  drainMs: number,
): LongAction {
  return async (progress) => {
    await stopping(manager, name, drainMs)(progress)
    await starting(
      manager,
      clock,
      name,
    )({
      signal: new AbortController().signal,
      tell: (step) => progress.tell(step, false),
    })
  }
}

/** Takes an engine of ours out of use and waits for its answers. */
export function draining(manager: OllamaProcessManager, name: string, drainMs: number): LongAction {
  return async ({ signal, tell }) => {
    const most = `for up to ${drainMs / 1000} s`
    await manager.drainInstance(name, drainMs, {
      signal,
      onActive: (count) => tell(`waits ${most} for its running answers, ${count} of them`, true),
    })
  }
}

function untilAnswers(
  manager: OllamaProcessManager,
  clock: Clock,
  name: string,
  { signal, tell }: Progress,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refuse = (reason: string) =>
    reject(new OdError('OD_ENGINE_START', { engine: name, reason }))
  const look = ({ id, state, reason }: EngineView) => {
    if (id !== name) return
    if (state === 'running') return resolve()
    if (state === 'stopped' || state === 'crash-loop') return refuse(reason)
    tell(`waits until it answers; it is ${state}: ${reason}`, true)
  }
  const giveUp = () => reject(signal.reason)
  const end = manager.monitor.onEvent(look)
  const cancel = clock.after(startMsMax, () => refuse(`no answer within ${startMsMax / 1000} s`))
  signal.addEventListener('abort', giveUp)
  look(manager.instance(name))
  return promise.finally(() => {
    end()
    cancel()
    signal.removeEventListener('abort', giveUp)
  })
}
