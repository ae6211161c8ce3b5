import { isOdError } from '../../core/errors/index.ts'
import { startRunner } from './client.ts'

/** What this machine can do for the embedded engine. */
export type LibraryProbe =
  | { readonly isUsable: true; readonly version: string }
  | { readonly isUsable: false; readonly reason: string }

/** Opens llama.cpp in a process of its own, which also finds out when opening it kills the process. */
export async function probeLibrary(): Promise<LibraryProbe> {
  const runner = startRunner()
  try {
    return { isUsable: true, version: await runner.probe() }
  } catch (error) {
    const reason = isOdError(error) ? (error.detail ?? error.message) : String(error)
    return { isUsable: false, reason }
  } finally {
    runner.kill()
  }
}
