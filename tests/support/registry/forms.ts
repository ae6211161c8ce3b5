/** Debian's registry in all the forms in which people have one: open, with accounts, with tokens, and with something before it. */
import { type Random, seededRandom } from '../../../src/sys/random.ts'
import { pushModel, type SeedModel } from './model.ts'
import { type RegistryProxy, startRegistryProxy } from './proxy.ts'
import { account, freeRegistryHost, type Registry, startRegistry } from './registry.ts'
import { tokenServer } from './token-server.ts'

/** One of them, running. All that goes in and out can be counted. */
export interface RegistryForm {
  /** The first part of a model's name. */
  readonly host: string
  /** What a user has to show there; empty where everybody may do all. */
  readonly account: Partial<typeof account>
  /** Stands before the registry itself: counts the bytes of blobs, and slows them down. */
  readonly bytes: RegistryProxy
  /** Puts a model there, past all that stands before it. */
  put(repository: string, seed: SeedModel): Promise<void>
  stop(): Promise<void>
}

/** The name of the one whose connections break. */
export const cutting = 'behind a proxy that cuts'

/** By their names. */
export const registryForms: Readonly<Record<string, () => Promise<RegistryForm>>> = {
  plain: async () => {
    const registry = await startRegistry()
    const bytes = await startRegistryProxy(registry.host)
    return form({ registry, bytes })
  },
  'with basic auth': async () => {
    const registry = await startRegistry({ isClosed: true })
    const bytes = await startRegistryProxy(registry.host)
    const { username, password } = account
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    return form({ registry, bytes, account, authorization: () => basic })
  },
  'with a token server': async () => {
    const host = await freeRegistryHost()
    const bytes = await startRegistryProxy(host)
    const tokens = tokenServer(bytes.host)
    bytes.faults.instead = (path, request) => tokens.answer(path, request)
    const registry = await startRegistry({ host, tokens: tokens.trust })
    const authorization = (repository: string) => tokens.bearer(repository)
    return form({ registry, bytes, account, authorization })
  },
  'behind a redirect': async () => {
    const registry = await startRegistry()
    const bytes = await startRegistryProxy(registry.host)
    const front = await startRegistryProxy(registry.host)
    front.faults.instead = (path, { method }) =>
      method === 'GET' && !path.includes('/uploads/')
        ? { status: 307, headers: { Location: `http://${bytes.host}${path}` } }
        : undefined
    return form({ registry, bytes, front })
  },
  [cutting]: async () => {
    const registry = await startRegistry()
    const bytes = await startRegistryProxy(registry.host)
    const mebibyte = 1024 * 1024
    const cut = (random: Random, chance: number, bytesMax: number) => () =>
      random.number() < chance ? 1 + Math.floor(random.number() * bytesMax) : undefined
    bytes.faults.cutAfterBytes = cut(seededRandom(1), 0.15, mebibyte / 4)
    bytes.faults.cutUploadAfterBytes = cut(seededRandom(24), 0.5, 2 * mebibyte)
    return form({ registry, bytes })
  },
}

interface Parts {
  readonly registry: Registry
  readonly bytes: RegistryProxy
  /** What is asked first, where it is another one. */
  readonly front?: RegistryProxy
  readonly account?: RegistryForm['account']
  readonly authorization?: (repository: string) => string
}

function form({ registry, bytes, front, authorization, ...more }: Parts): RegistryForm {
  return {
    host: (front ?? bytes).host,
    account: more.account ?? {},
    bytes,
    async put(repository, seed) {
      const headers = authorization && { Authorization: authorization(repository) }
      await pushModel(registry.host, repository, seed, headers)
    },
    async stop() {
      await front?.stop()
      await bytes.stop()
      await registry.stop()
    },
  }
}
