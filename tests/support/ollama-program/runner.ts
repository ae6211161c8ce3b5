import { readProcesses } from '../../../src/sys/processes-table.ts'
import { until } from '../until.ts'

/** Has `tiny` loaded by an Ollama and resolves with the pid of the child that it has as its runner. */
export async function loadedRunner({ url, pid }: { url: string; pid?: number }): Promise<number> {
  const answer = await fetch(`${url}/api/generate`, { method: 'POST', body: '{"model":"tiny"}' })
  if (!answer.ok) throw new Error(`tiny was not loaded: ${await answer.text()}`)
  await answer.text()
  return await until('its runner', () =>
    readProcesses().find(({ parentPid, isZombie }) => parentPid === pid && !isZombie),
  ).then((entry) => entry.pid)
}
