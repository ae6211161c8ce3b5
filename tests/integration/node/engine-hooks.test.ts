import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startRunningNode } from './running-node.ts'

const variable = 'OD_ENGINE_HOOK_KEY='

async function keyOf(pid: number | undefined): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
  const entry = environment.split('\0').find((text) => text.startsWith(variable))
  return entry?.slice(variable.length)
}

test.runIf(process.platform === 'linux')(
  'the hooks of an engine are for its node: no client of the gateway or of the engine reaches them',
  async () => {
    const node = await startRunningNode()
    const { url, pid } = await node.embedded()
    const key = await keyOf(pid)
    expect(key).toMatch(/^[0-9a-f]{48}$/)
    const headers = { 'x-od-hook-key': key ?? '' }
    const slots = await fetch(`${url}/api/od/slots`, { headers })
    expect(await slots.json()).toEqual({ models: [] })
    const paths = ['slots', 'resume', 'sequences/save', 'sequences/load']
    for (const path of paths) {
      const method = path === 'slots' ? 'GET' : 'POST'
      const answer = await fetch(`${node.gateway}/api/od/${path}`, { method, headers })
      expect(answer.status).toBe(404)
      const own = await fetch(`${url}/api/od/${path}`, { method })
      expect(own.status).toBe(404)
    }
    await node.post('/api/generate', { model: 'pocket', stream: false })
    expect(await keyOf((await node.runner()).pid)).toBeUndefined()
    await node.stop()
  },
)
