/** The embedded engine in a process of its own, so that it can be killed. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { boundByRights } from '../bound-by-rights.ts'
import { n24, projectDir } from '../n24.ts'
import { passOn } from '../pass-on.ts'
import { within } from '../until.ts'

export interface EngineProcess {
  readonly url: string
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts it as a node does, with its store below `folder`. The rights of files hold for it, whoever runs the tests. */
export async function startEngineProcess(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<EngineProcess> {
  const options = {
    host: '127.0.0.1',
    port: 0,
    origins: [],
    modelDir: join(folder, 'models'),
    defaults: { contextTokens: 4096, parallel: 1, cores: 1, gpuLayers: 0 },
    keepAliveMs: 60_000,
    logLevel: 'warn',
    registry: {
      keyFile: join(folder, 'registry.key'),
      accountsFile: join(folder, 'registry-accounts.json'),
      trustsAsker: true,
      listed: [],
      mirrors: {},
    },
  }
  const entry = join(projectDir, 'src/node/engine-process.ts')
  const [execPath, ...launch] = [...boundByRights(), n24, '--use-system-ca'] // as a node starts it
  const child = fork(entry, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execPath,
    execArgv: launch,
    env: { ...process.env, ...env },
  })
  passOn(child.stderr)
  const exited = once(child, 'exit')
  const ready = once(child, 'message') as Promise<[{ url: string }]>
  const ended = exited.then(() => Promise.reject(new Error('the engine ended before it was ready')))
  const [{ url }] = await within('the engine to be ready', Promise.race([ready, ended]))
  ended.catch(() => undefined)
  return {
    url,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
