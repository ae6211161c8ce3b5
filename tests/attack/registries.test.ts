/** What a registry may not make the puller do: go inside, tell a secret, believe a size. */
import { createPublicKey, verify } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parseModelName } from '../../src/core/model-name.ts'
import { pushModel, type SeedModel, seedModel } from '../support/registry/model.ts'
import { type Instead, type RegistryProxy, startRegistryProxy } from '../support/registry/proxy.ts'
import { account, registryProgram, startRegistry } from '../support/registry/registry.ts'
import { seedAnswer } from '../support/registry/seed-answers.ts'
import { startTestPuller } from '../support/registry/test-puller.ts'

let seed: SeedModel
let registry: RegistryProxy
let model: string

beforeAll(async () => {
  seed = await seedModel()
  registry = await startRegistryProxy()
  model = `${registry.host}/ns/m`
})

beforeEach(() => {
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  registry.requests.length = 0
})

afterAll(() => registry.stop())

/** Answers as a sound registry, but for requests that `special` answers. */
function answering(special: (path: string, request: IncomingMessage) => Instead | undefined): void {
  registry.faults.instead = (path, request) =>
    special(path, request) ?? seedAnswer(seed, path, request)
}

describe('the address', () => {
  test.each([
    ['A-87', '127.0.0.1'],
    ['A-87', 'localhost'],
    ['A-87', 'localhost.'],
    ['A-87', '0.0.0.0'],
    ['A-88', '2130706433'],
    ['A-88', '0x7f000001'],
    ['A-88', '0177.0.0.1'],
    ['A-88', '127.1'],
  ])('%s: %s is refused where the asker is not trusted', async (_, host) => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    const puller = await startTestPuller({ trustsAsker: false, listed: ['127.0.0.9'], resolve })
    const port = registry.host.split(':')[1] ?? ''
    const pull = puller.pull(`${host}:${port}/ns/m`, { insecure: false })
    await expect(pull).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
    expect(registry.requests).toEqual([])
  })

  test.each([
    '[::1]',
    '[::]',
    'user@127.0.0.1',
    '127.0.0.1\\@r.example',
    '１２７.0.0.1',
    '..',
    'r.example#',
  ])('A-87, A-88, A-94: %s is no name of a registry', (host) => {
    expect(parseModelName(`${host}/ns/m`)).toBeUndefined()
    expect(parseModelName(`${host}:5000/ns/m`)).toBeUndefined()
  })

  test.each([22, 25, 6379, 8443])(
    'A-94: port %i of a registry that is not listed is not asked',
    async (port) => {
      const resolve = async () => [{ address: '203.0.113.5', family: 4 }]
      const puller = await startTestPuller({ trustsAsker: false, resolve })
      const pull = puller.pull(`r.example:${port}/ns/m`, { insecure: false })
      await expect(pull).rejects.toMatchObject({ code: 'OD_REGISTRY_PORT', httpStatus: 403 })
    },
  )

  test('A-87: what the operator listed is allowed, over plain HTTP too', async () => {
    const puller = await startTestPuller({ trustsAsker: false, listed: [registry.host] })
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
  })

  test('A-91: a name that stands for an inside address is refused, whatever else it stands for', async () => {
    const resolve = async () => [
      { address: '203.0.113.5', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    const puller = await startTestPuller({ trustsAsker: false, resolve })
    const pull = puller.pull('public.example/ns/m', { insecure: false })
    await expect(pull).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
    expect(registry.requests).toEqual([])
  })

  test('A-92: a name is resolved once per connection, and that answer is checked and used', async () => {
    const answers = ['203.0.113.5', '127.0.0.1', '127.0.0.1']
    let asked = 0
    const resolve = async () => [{ address: answers[asked++] ?? '127.0.0.1', family: 4 }]
    const puller = await startTestPuller({ trustsAsker: false, resolve })
    const pull = (signal = new AbortController().signal) =>
      puller.pull('rebinding.example/ns/m', { insecure: false, signal })
    await expect(pull(AbortSignal.timeout(300))).rejects.toThrow()
    expect(asked).toBe(1) // the second answer leads inside
    await expect(pull()).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
    expect(asked).toBe(2)
  })

  test('a registry that is listed by name and port may be inside', async () => {
    const port = registry.host.split(':')[1] ?? ''
    const host = `registry.lan:${port}`
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    const puller = await startTestPuller({ trustsAsker: false, listed: [host], resolve })
    await puller.pull(`${host}/ns/m`)
    expect(await puller.hasAll(host, seed)).toBe(true)
  })

  test('A-90: metadata services are refused, whoever asks', async () => {
    const puller = await startTestPuller()
    await expect(puller.pull('169.254.169.254/ns/m')).rejects.toMatchObject({
      code: 'OD_REGISTRY_METADATA',
    })
  })

  test('A-90: a name that stands for a metadata service is refused too, whoever listed it', async () => {
    const host = 'metadata.google.internal'
    const resolve = async () => [{ address: '169.254.169.254', family: 4 }]
    const puller = await startTestPuller({ listed: [host], resolve })
    await expect(puller.pull(`${host}/ns/m`)).rejects.toMatchObject({
      code: 'OD_REGISTRY_METADATA',
    })
  })

  test('A-103: plain HTTP is refused where the asker is not trusted', async () => {
    const puller = await startTestPuller({ trustsAsker: false })
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_INSECURE' })
    expect(registry.requests).toEqual([])
  })

  test('A-102: a server whose certificate is not trusted is not asked', async () => {
    const puller = await startTestPuller()
    const pull = puller.pull(model, { insecure: false })
    await expect(pull).rejects.toMatchObject({ code: 'OD_PULL_MANIFEST' })
    expect(registry.requests).toEqual([])
  })
})

describe('redirects', () => {
  test('A-93: are followed three times, and no further', async () => {
    const puller = await startTestPuller()
    const hops = (most: number) =>
      answering((path) => {
        const hop = Number(/hop=(\d+)/.exec(path)?.[1] ?? 0)
        if (!path.includes('/blobs/') || hop === most) return undefined
        return { status: 307, headers: { Location: `${path.split('?')[0]}?hop=${hop + 1}` } }
      })
    hops(4)
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_REDIRECT' })
    hops(3)
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
  })

  test.each([
    ['A-93', 'file:///etc/passwd', 'OD_REGISTRY_REDIRECT'],
    ['A-93', 'gopher://127.0.0.1/', 'OD_REGISTRY_REDIRECT'],
    ['A-94', 'http://user@127.0.0.1:1/', 'OD_REGISTRY_REDIRECT'],
    ['A-90', 'http://169.254.169.254/latest/meta-data/', 'OD_REGISTRY_METADATA'],
    ['A-89', 'http://[64:ff9b::a9fe:a9fe]/', 'OD_REGISTRY_METADATA'],
  ])('%s: to %s is not followed', async (_, location, code) => {
    const puller = await startTestPuller()
    answering((path) =>
      path.includes('/blobs/') ? { status: 307, headers: { Location: location } } : undefined,
    )
    await expect(puller.pull(model)).rejects.toMatchObject({ code })
    expect(await puller.published()).toEqual([])
  })

  test.each([
    ['A-88', 'http://１２７.0.0.1/'],
    ['A-88', 'http://①②⑦.0.0.1/'],
    ['A-88', 'http://0x7f.1/'],
    ['A-89', 'http://[::ffff:127.0.0.1]/'],
    ['A-89', 'http://[::ffff:7f00:1]/'],
    ['A-89', 'http://[64:ff9b::7f00:1]/'],
    ['A-89', 'http://[2002:7f00:1::]/'],
    ['A-89', 'http://[fe80::1]/'],
    ['A-94', 'http:\\\\127.0.0.1\\@r.example/'],
    ['A-94', 'http://127.0.0.1#@r.example/'],
  ])('%s: to %s, which is inside, is not followed', async (_, location) => {
    const puller = await startTestPuller({ trustsAsker: false, listed: [registry.host] })
    answering((path) =>
      path.includes('/blobs/')
        ? { status: 307, headers: { Location: location.replaceAll(/[^ -~]/g, encodeURIComponent) } }
        : undefined,
    )
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
    expect(await puller.published()).toEqual([])
  })

  test('A-89: to an address with a zone is not followed', async () => {
    const puller = await startTestPuller({ trustsAsker: false, listed: [registry.host] })
    answering((path) =>
      path.includes('/blobs/')
        ? { status: 307, headers: { Location: 'http://[fe80::1%25eth0]/' } }
        : undefined,
    )
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_REDIRECT' })
  })

  test('A-93: in a circle is followed to the third, and no further', async () => {
    const puller = await startTestPuller()
    answering((path) =>
      path.includes('/blobs/') ? { status: 307, headers: { Location: path } } : undefined,
    )
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_REDIRECT' })
  })

  test('A-93: from a listed registry to an inside address that is not listed is not followed', async () => {
    const inside = await startRegistryProxy()
    onTestFinished(() => inside.stop())
    inside.faults.instead = (path, request) => seedAnswer(seed, path, request)
    const puller = await startTestPuller({ trustsAsker: false, listed: [registry.host] })
    answering((path) =>
      path.includes('/blobs/')
        ? { status: 307, headers: { Location: `http://${inside.host}${path}` } }
        : undefined,
    )
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
    expect(inside.requests).toEqual([])
  })

  test('a 200 that names a place is one, as registries for Ollama answer', async () => {
    const puller = await startTestPuller()
    answering((path) =>
      path.includes('/blobs/') && !path.includes('direct')
        ? { status: 200, headers: { Location: `${path}?direct` } }
        : undefined,
    )
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
  })
})

describe('secrets', () => {
  const closed = (authorization: string | undefined): Instead | undefined =>
    authorization === 'Bearer right'
      ? undefined
      : {
          status: 401,
          headers: {
            'WWW-Authenticate': `Bearer realm="http://${registry.host}/token",service="s",scope="repository:ns/m:pull"`,
          },
        }

  test('a token is asked for with the key of this node, over the very address', async () => {
    const puller = await startTestPuller()
    let proof = ''
    let asked = ''
    answering((path, { headers }) => {
      if (!path.startsWith('/token')) return closed(headers.authorization)
      proof = headers.authorization ?? ''
      asked = `http://${registry.host}${path}`
      return { status: 200, body: '{"token":"right"}' }
    })
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    const [key = '', signature = ''] = proof.split(':')
    const raw = Buffer.from(key, 'base64').subarray(-32)
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
    const emptyHash =
      'ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ=='
    const signed = Buffer.from(`GET,${asked},${emptyHash}`)
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    expect(verify(null, signed, publicKey, Buffer.from(signature, 'base64'))).toBe(true)
    expect(asked).toContain('scope=repository%3Ans%2Fm%3Apull')
  })

  test('A-98: a token that comes with a megabyte beside it is not taken', async () => {
    const puller = await startTestPuller()
    answering((path, { headers }) =>
      path.startsWith('/token')
        ? { status: 200, body: `{"token":"right"}${' '.repeat(1024 * 1024)}` }
        : closed(headers.authorization),
    )
    await expect(puller.pull(model)).rejects.toThrow('access denied')
  })

  test('A-95: a realm on another server is asked for nothing', async () => {
    const other = await startRegistryProxy()
    onTestFinished(() => other.stop())
    const puller = await startTestPuller()
    answering(() => ({
      status: 401,
      headers: { 'WWW-Authenticate': `Bearer realm="http://${other.host}/token",service="s"` },
    }))
    const pull = puller.pull(model, { credentials: account })
    await expect(pull).rejects.toThrow('which is another server')
    expect(other.requests).toEqual([])
  })

  test('A-96: where a registry sends for a blob, its token and password do not go', async () => {
    const elsewhere = await startRegistryProxy()
    onTestFinished(() => elsewhere.stop())
    const seen: (string | undefined)[] = []
    elsewhere.faults.instead = (path, request) => {
      seen.push(request.headers.authorization)
      return seedAnswer(seed, path, request)
    }
    const puller = await startTestPuller()
    answering((path, { headers }) => {
      if (path.startsWith('/token')) return { status: 200, body: '{"token":"right"}' }
      const refusal = closed(headers.authorization)
      if (refusal !== undefined || !path.includes('/blobs/')) return refusal
      return { status: 307, headers: { Location: `http://${elsewhere.host}${path}` } }
    })
    await puller.pull(model, { credentials: account })
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    expect([seen.length > 0, new Set(seen)]).toEqual([true, new Set([undefined])])
  })

  test.skipIf(registryProgram() === undefined)(
    'a registry with an account is pulled from with it, and not without',
    async () => {
      const real = await startRegistry({ isClosed: true })
      onTestFinished(() => real.stop())
      const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64')
      await pushModel(real.host, 'ns/m', seed, { Authorization: `Basic ${basic}` })
      const puller = await startTestPuller()
      const name = `${real.host}/ns/m`
      await expect(puller.pull(name)).rejects.toThrow('unauthorized: access denied')
      const wrong = { ...account, password: 'wrong' }
      await expect(puller.pull(name, { credentials: wrong })).rejects.toThrow('access denied')
      expect(await puller.published()).toEqual([])
      await puller.pull(name, { credentials: account })
      expect(await puller.hasAll(real.host, seed)).toBe(true)
    },
  )
})

describe('manifests', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const layer = { mediaType: 'application/vnd.ollama.image.model', digest, size: 3 }
  const config = { ...layer, digest: `sha256:${'b'.repeat(64)}` }
  test.each<readonly [string, unknown]>([
    ['is no JSON', 'x'],
    ['is a list', []],
    ['has no config', { layers: [layer] }],
    ['has layers of another type', { config, layers: 'many' }],
    ['has a negative size', { config, layers: [{ ...layer, size: -1 }] }],
    ['has a size beyond counting', { config, layers: [{ ...layer, size: 2 ** 60 }] }],
    ['has two sizes for one blob', { config, layers: [layer, { ...layer, size: 4 }] }],
    ['has a path for a digest', { config, layers: [{ ...layer, digest: '../../etc/passwd' }] }],
    ['has 10,000 layers', { config, layers: Array.from({ length: 10_000 }, () => layer) }],
    ['has 100,000 layers', { config, layers: Array.from({ length: 100_000 }, () => layer) }],
  ])('A-97: one that %s is refused, and nothing is fetched or kept', async (_, manifest) => {
    const puller = await startTestPuller()
    const body = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
    answering((path) => (path.includes('/manifests/') ? { status: 200, body } : undefined))
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_PULL_MANIFEST' })
    expect(registry.requests.filter((line) => line.includes('/blobs/'))).toEqual([])
    expect(await puller.published()).toEqual([])
  })

  test('A-98: one that does not end is cut, and layers larger than the disk are not begun', async () => {
    const puller = await startTestPuller()
    answering((path) =>
      path.includes('/manifests/')
        ? { status: 200, body: Buffer.alloc(64 * 1024 * 1024, 0x20) }
        : undefined,
    )
    await expect(puller.pull(model)).rejects.toThrow('it is too large')
    const size = Number.MAX_SAFE_INTEGER - 10
    const body = JSON.stringify({ config, layers: [{ ...layer, size }] })
    answering((path) => (path.includes('/manifests/') ? { status: 200, body } : undefined))
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_DISK_FULL' })
    expect(await puller.published()).toEqual([])
  })
})
