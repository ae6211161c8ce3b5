/** Debian's `docker-registry`, a registry as people run their own. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { MarkedProcess } from '../marked-process.ts'
import { projectDir } from '../n24.ts'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import { until } from '../until.ts'

/** The account of a registry with `isClosed`. */
export const account = { username: 'ann', password: 'sesame' } as const

/** bcrypt of that password, the only kind that the registry reads. */
const passwords = 'ann:$2b$05$Ebhj1GlKcfi3QnyCvxReJOHJSYTdchVIHM/CXOUYB2imRN0TnyApe\n'

/** The program; undefined where it could not be had. */
export function registryProgram(): string | undefined {
  const folders = [join(projectDir, '.cache/debian/usr/bin'), ...pathFolders()]
  return folders.map((folder) => join(folder, 'docker-registry')).find((path) => existsSync(path))
}

/** Whose tokens a registry takes: the server that gives them out, and the certificate of its key. */
export interface TokenTrust {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** PEM. */
  readonly certificate: string
}

interface RegistrySettings {
  /** For `account` alone. */
  readonly isClosed?: boolean
  /** For whoever has a token. */
  readonly tokens?: TokenTrust
  /** Where it listens; a free port where absent. */
  readonly host?: string
}

export interface Registry {
  /** `127.0.0.1:port`: the first part of a model's name. */
  readonly host: string
  stop(): Promise<void>
}

/** An address that nobody listens at, for a registry that others must know before it is started. */
export async function freeRegistryHost(): Promise<string> {
  return `127.0.0.1:${await chooseFreePort('127.0.0.1')}`
}

/** An empty registry over plain HTTP. */
export async function startRegistry(settings: RegistrySettings = {}): Promise<Registry> {
  const { isClosed = false, tokens } = settings
  const directory = await makeTemporaryDirectory()
  const host = settings.host ?? (await freeRegistryHost())
  const lines = [
    'version: 0.1',
    'log: { level: error, accesslog: { disabled: true } }',
    `storage: { filesystem: { rootdirectory: ${directory.inside('data')} }, delete: { enabled: true } }`,
    `http: { addr: "${host}" }`,
  ]
  if (isClosed) {
    await writeFile(directory.inside('passwords'), passwords)
    lines.push(`auth: { htpasswd: { realm: r, path: ${directory.inside('passwords')} } }`)
  }
  if (tokens !== undefined) {
    const { certificate, ...told } = tokens
    await writeFile(directory.inside('tokens.pem'), certificate)
    const trust = { ...told, rootcertbundle: directory.inside('tokens.pem') }
    lines.push(`auth: { token: ${JSON.stringify(trust)} }`)
  }
  await writeFile(directory.inside('config.yml'), lines.join('\n'))
  const server = new MarkedProcess({
    command: registryProgram() ?? 'docker-registry',
    args: ['serve', directory.inside('config.yml')],
  })
  const stop = async () => {
    await server.destroy()
    await directory.remove()
  }
  try {
    await until(
      'the registry to answer',
      async () => (await fetch(`http://${host}/v2/`)).status > 0,
    )
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${server.output}`, { cause: error })
  }
  return { host, stop }
}

function pathFolders(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter)
}
