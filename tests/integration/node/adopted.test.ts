import { expect, test } from 'vitest'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import { until } from '../../support/until.ts'
import { startRunningNode } from './running-node.ts'

overOllamas('an Ollama that listens already', (ollama) => {
  test('S-019: is adopted, never started a second time, and runs on after our end', async () => {
    const served = await ollama.serve()
    const node = await startRunningNode({ args: ['--ollama-port', String(served.port)] })
    const instances = await node.instances()
    expect(instances).toMatchObject([
      { kind: 'adopted', url: served.url, managed: false, state: 'running' },
      { kind: 'embedded', managed: true },
    ])
    expect(instances[1]?.url).not.toBe(served.url)
    const tiny = await node.post('/api/generate', { model: 'tiny', prompt: 'Hello!' })
    expect(tiny.headers.get('x-od-engine')).toBe('local')
    expect(await tiny.text()).toContain('"done":true')
    await node.stop()
    expect(await (await fetch(served.url)).text()).toBe('Ollama is running')
    await served.stop()
  })

  test('serves its models and ours under one address', async () => {
    const served = await ollama.serve()
    const node = await startRunningNode({ args: ['--ollama-port', String(served.port)] })
    const { models } = (await (await fetch(`${node.gateway}/api/tags`)).json()) as {
      models: { name: string }[]
    }
    expect(models.map(({ name }) => name).toSorted()).toEqual(['pocket:latest', 'tiny:latest'])
    const pocket = await node.post('/api/generate', { model: 'pocket', prompt: 'Hello!' })
    expect(pocket.headers.get('x-od-engine')).toBe('embedded')
    await pocket.text()
    await node.stop()
    await served.stop()
  })

  test('that goes away is noticed, the rest works on', async () => {
    const served = await ollama.serve()
    const node = await startRunningNode({ args: ['--ollama-port', String(served.port)] })
    await served.kill()
    const failed = await node.post('/api/generate', { model: 'tiny', prompt: 'Hello!' })
    expect(failed.status).toBeGreaterThanOrEqual(400)
    await failed.text()
    await until('it is known to be gone', async () => {
      const local = (await node.instances()).find(({ kind }) => kind === 'adopted')
      return local?.state !== 'running'
    })
    expect((await node.post('/api/generate', { model: 'pocket', prompt: 'Hello!' })).status).toBe(
      200,
    )
    await node.stop()
  })
})
