/**
 * The accounts that this node has at registries, in the form in which Docker and Podman keep theirs (config.json, `auths`). Source:
 * containers-auth.json(5).
 */
import { OdError } from '../../core/errors/index.ts'
import { readSecretFile } from '../../sys/secret-file.ts'
import { isListed, type RegistryPolicy } from './address-guard.ts'
import type { Credentials } from './authorizer.ts'

/** Thousands of accounts; a larger file is not one. */
const fileBytesMax = 256 * 1024

/**
 * The account at a registry, `host` or `host:port`; undefined where there is none. `isPlain`: it is asked for over plain HTTP, and
 * then only an account whose key begins with `http://` is given: whoever keeps TLS from coming up must not get passwords by it.
 */
export type AccountBook = (host: string, isPlain: boolean) => Promise<Credentials | undefined>

/** Accounts out of a file, which is read each time, so that a change counts at once. Throws `OD_REGISTRY_ACCOUNTS`. */
export function accountsInFile(path: string): AccountBook {
  return async (host, isPlain) => {
    const file = await readSecretFile(path, fileBytesMax)
    if (file.type === 'absent') return undefined
    const refuse = (reason: string) => new OdError('OD_REGISTRY_ACCOUNTS', { path, reason })
    if (file.type !== 'read') throw refuse(file.type === 'exposed' ? file.how : file.reason)
    const accounts = readAccounts(file.bytes)
    if (accounts === undefined) throw refuse('it is no JSON with `auths`')
    const wanted = `${isPlain ? 'http' : 'https'}://${host.toLowerCase()}`
    const [, entry] = Object.entries(accounts).find(([key]) => originOf(key) === wanted) ?? []
    if (entry === undefined) return undefined
    const account = accountIn(entry)
    if (account === undefined) throw refuse(`what it has for ${host} is no user and password`)
    return account
  }
}

/** Whose wish it is to ask a registry, and with what. */
interface Asker {
  readonly name: { readonly host: string }
  readonly insecure: boolean
  readonly credentials?: Credentials | undefined
  readonly isOwnWish?: boolean | undefined
}

/**
 * What a registry is shown when it wants to know who asks: what was brought along, or the node's own account. That one is for
 * strangers only at registries that the operator opened to them. Throws as `accounts`.
 */
export async function accountFor(
  { name: { host }, insecure, credentials, isOwnWish = false }: Asker,
  { policy, accounts }: { readonly policy: RegistryPolicy; readonly accounts: AccountBook },
): Promise<Credentials | undefined> {
  if (credentials !== undefined) return credentials
  const isAllowed = isOwnWish || policy.trustsAsker || isListed(host, policy)
  return isAllowed ? await accounts(host, insecure) : undefined
}

function readAccounts(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const { auths } = JSON.parse(new TextDecoder().decode(bytes)) as { auths?: unknown }
    return typeof auths === 'object' && auths !== null ? { ...auths } : undefined
  } catch {
    return undefined
  }
}

/** Keys are hosts, or URLs as older Docker writes them (`https://host/v1/`). */
function originOf(key: string): string {
  const [, scheme = 'https', host = ''] =
    /^(?:(https?):\/\/)?([^/]*)(?:\/v[12])?\/?$/.exec(key) ?? []
  return `${scheme}://${host.toLowerCase()}`
}

/** `auth` is user and password with a colon between them, in base64. */
function accountIn(entry: unknown): Credentials | undefined {
  const auth = (entry as { auth?: unknown } | null)?.auth
  if (typeof auth !== 'string') return undefined
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
