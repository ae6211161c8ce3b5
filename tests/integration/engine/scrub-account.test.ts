/** Rotten files whose registry wants to know who asks. */
import { writeFile } from 'node:fs/promises'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { startRegistryProxy } from '../../support/registry/proxy.ts'
import { account, registryProgram, startRegistry } from '../../support/registry/registry.ts'
import { flipBit } from '../../support/registry/rot.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'

const basicText = `${account.username}:${account.password}`
const basic = Buffer.from(basicText).toString('base64')
const unauthorized = 'unauthorized: access denied'

let seed: SeedModel
beforeAll(async () => {
  seed = await seedModel(300_000)
})

type TestPuller = Awaited<ReturnType<typeof startTestPuller>>

const keepAccount = (puller: TestPuller, key: string) =>
  writeFile(puller.accountsFile, JSON.stringify({ auths: { [key]: { auth: basic } } }), {
    mode: 0o600,
  })

/** Has every file rot; the reasons of those that were not healed, and how many were. */
async function rotAll(puller: TestPuller) {
  const random = seededRandom(7)
  for (const digest of seed.blobs.keys()) await flipBit(puller.blobFile(digest), random)
  const { findings } = await puller.verify()
  const reasons = findings.filter(({ isHealed }) => !isHealed).map(({ reason }) => reason)
  return { healed: findings.length - reasons.length, reasons: [...new Set(reasons)] }
}

test.skipIf(registryProgram() === undefined)(
  'from a registry with passwords they are fetched again with the account of the node',
  async () => {
    const closed = await startRegistry({ isClosed: true })
    onTestFinished(() => closed.stop())
    const puller = await startTestPuller()
    await puller.put(closed.host, seed)
    await puller.push(`${closed.host}/ns/m`, { credentials: account })
    const before = await rotAll(puller)
    expect(before).toEqual({ healed: 0, reasons: [unauthorized] })
    await puller.pull(`${closed.host}/ns/m`, { credentials: account })
    await keepAccount(puller, `http://${closed.host}`)
    expect(await rotAll(puller)).toEqual({ healed: seed.blobs.size, reasons: [] })
    expect(await puller.hasAll(closed.host, seed)).toBe(true)
    // pulls and pushes have the same account
    const other = await startTestPuller()
    await expect(other.pull(`${closed.host}/ns/m`)).rejects.toThrow('access denied')
    await keepAccount(other, `http://${closed.host}`)
    await other.pull(`${closed.host}/ns/m`)
    expect(await other.hasAll(closed.host, seed)).toBe(true)
    await other.push(`${closed.host}/ns/m`)
  },
)

/** A registry that gives tokens to `account`, and tells what was said to it for them. */
async function startTokenRegistry() {
  const registry = await startRegistryProxy()
  onTestFinished(() => registry.stop())
  const said: string[] = []
  registry.faults.instead = (path, request) => {
    const { authorization = '' } = request.headers
    if (path.startsWith('/token')) {
      said.push(authorization)
      const isRight = authorization === `Basic ${basic}`
      return isRight ? { status: 200, body: '{"token":"right"}' } : { status: 401 }
    }
    if (authorization === 'Bearer right') return seedAnswer(seed, path, request)
    const challenge = `Bearer realm="http://${registry.host}/token",service="s",scope="repository:ns/m:pull"`
    return { status: 401, headers: { 'WWW-Authenticate': challenge } }
  }
  return { host: registry.host, said }
}

test('from a registry with tokens, too; over plain HTTP only where the key of the account says so', async () => {
  const registry = await startTokenRegistry()
  const puller = await startTestPuller()
  await puller.put(registry.host, seed)
  await keepAccount(puller, registry.host)
  const { healed, reasons } = await rotAll(puller)
  expect([healed, reasons.length]).toEqual([0, 1])
  expect(registry.said.filter((one) => one.startsWith('Basic'))).toEqual([])
  await puller.pull(`${registry.host}/ns/m`, { credentials: account })
  await keepAccount(puller, `http://${registry.host}`)
  expect(await rotAll(puller)).toEqual({ healed: seed.blobs.size, reasons: [] })
})

test('a file of accounts that others may read is named as the reason', async () => {
  const registry = await startTokenRegistry()
  const puller = await startTestPuller()
  await puller.put(registry.host, seed)
  await writeFile(puller.accountsFile, '{"auths":{}}', { mode: 0o644 })
  const { healed, reasons } = await rotAll(puller)
  expect([healed, reasons]).toEqual([
    0,
    [`the accounts at registries cannot be read from ${puller.accountsFile}: it has mode 644`],
  ])
})
