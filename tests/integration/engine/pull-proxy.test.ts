/** Pulls through the proxies that the environment names, and from registries whose authority the operator names. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startEngineProcess } from '../../support/registry/engine-process.ts'
import { type ForwardProxy, startForwardProxy } from '../../support/registry/forward-proxy.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { startTlsRegistry, type TlsRegistry } from '../../support/registry/tls-registry.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

const name = 'registry.example'
let seed: SeedModel
let plain: RegistryProxy
let secure: TlsRegistry
let proxy: ForwardProxy

beforeAll(async () => {
  seed = await seedModel()
  ;[plain, secure] = await Promise.all([startRegistryProxy(), startTlsRegistry(seed, name)])
  plain.faults.instead = (path, request) => seedAnswer(seed, path, request)
  proxy = await startForwardProxy({
    [`${name}:5000`]: plain.host,
    [`${name}:443`]: `127.0.0.1:${secure.port}`,
  })
})

afterAll(async () => {
  await Promise.all([plain?.stop(), secure?.stop(), proxy?.stop()])
})

/** An engine in a process of its own, with that environment. */
async function startEngine(env: Readonly<Record<string, string>>) {
  const folder = await makeTemporaryDirectory()
  onTestFinished(() => folder.remove())
  const engine = await startEngineProcess(folder.path, env)
  onTestFinished(() => engine.kill())
  return async (model: string, insecure = false) => {
    const body = JSON.stringify({ model, insecure, stream: false })
    const answer = await fetch(`${engine.url}/api/pull`, { method: 'POST', body })
    return (await answer.json()) as { status?: string; error?: string }
  }
}

describe('a proxy', () => {
  test('is used for plain HTTP, with its account, for names that only it can resolve', async () => {
    const url = proxy.url.replace('//', '//ann:sesame@')
    const puller = await startTestPuller({ env: { HTTP_PROXY: url, NO_PROXY: '' } })
    await puller.pull(`${name}:5000/ns/m`)
    expect(await puller.hasAll(`${name}:5000`, seed)).toBe(true)
    expect(proxy.asked[0]).toBe(`GET http://${name}:5000/v2/ns/m/manifests/latest`)
    expect(proxy.credentials).toEqual(new Set([`Basic ${btoa('ann:sesame')}`]))
  })

  test('is passed by for what NO_PROXY names, and for this machine', async () => {
    const puller = await startTestPuller({ env: { HTTP_PROXY: proxy.url } })
    const before = proxy.asked.length
    await puller.pull(`${plain.host}/ns/m`)
    expect(proxy.asked.length).toBe(before)
  })

  test('that cannot be reached is named as the reason', async () => {
    const puller = await startTestPuller({ env: { http_proxy: '127.0.0.1:1' } })
    await expect(puller.pull(`${name}:5000/ns/m`)).rejects.toThrow('connection refused')
  })

  test('A-87, A-91: is not asked for an inside address where the asker is not trusted, by whatever name', async () => {
    const before = proxy.asked.length
    const puller = await startTestPuller({
      trustsAsker: false,
      env: { HTTPS_PROXY: proxy.url },
      resolve: async () => [{ address: '10.0.0.7', family: 4 }],
    })
    for (const host of ['inside.example', '10.0.0.7']) {
      await expect(puller.pull(`${host}/ns/m`, { insecure: false })).rejects.toMatchObject({
        code: 'OD_REGISTRY_ADDRESS',
      })
    }
    expect(proxy.asked.length).toBe(before)
  })

  test('A-90: is not asked for a metadata service, whoever asks', async () => {
    const before = proxy.asked.length
    const puller = await startTestPuller({
      env: { HTTP_PROXY: proxy.url },
      resolve: async () => [{ address: '169.254.169.254', family: 4 }],
    })
    await expect(puller.pull('metadata.example/ns/m')).rejects.toMatchObject({
      code: 'OD_REGISTRY_METADATA',
    })
    expect(proxy.asked.length).toBe(before)
  })

  test('A-92: connects to the address that was checked, where the asker is not trusted', async () => {
    const there = await startForwardProxy({ '203.0.113.5:443': `127.0.0.1:${secure.port}` })
    onTestFinished(() => there.stop())
    const puller = await startTestPuller({
      trustsAsker: false,
      env: { HTTPS_PROXY: there.url },
      resolve: async () => [{ address: '203.0.113.5', family: 4 }],
    })
    const pull = puller.pull(`${name}/ns/m`, { insecure: false })
    await expect(pull).rejects.toThrow('certificate') // it went there, and the authority is not known here
    expect(there.asked).toEqual(['CONNECT 203.0.113.5:443'])
  })
})

describe('an authority that the operator names', () => {
  test('is trusted with SSL_CERT_FILE, as Ollama does, or NODE_EXTRA_CA_CERTS; without, nothing is asked', async () => {
    const model = `127.0.0.1:${secure.port}/ns/m`
    const strange = await startEngine({})
    expect((await strange(model)).error).toContain('certificate')
    expect(secure.requests).toEqual([])
    for (const variable of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
      const knowing = await startEngine({ [variable]: secure.authority })
      expect(await knowing(model), variable).toEqual({ status: 'success' })
    }
  })

  test('holds through a proxy too, for the name of the registry', async () => {
    const pull = await startEngine({ HTTPS_PROXY: proxy.url, SSL_CERT_FILE: secure.authority })
    expect(await pull(`${name}/ns/m`)).toEqual({ status: 'success' })
    expect(proxy.asked).toContain(`CONNECT ${name}:443`)
    expect((await pull('other.example:443/ns/m')).error).toBeDefined()
  })
})
