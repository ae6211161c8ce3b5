/** What must answer at once loads nothing that is not needed for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { n24, projectDir } from '../../support/n24.ts'
import { mainFile, User } from './command-line.ts'

/** The promise is 250 ms, of which a bare Node takes 35 to 80; on any machine: no more than so many starts of a bare one. */
const bareStartsMax = 4

/** The best of so many counts: a machine that runs other tests at the same time must not decide. */
const runs = 8

/** Prints the address of every module that is loaded after it. */
const listModules = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  const load = (url, context, next) => {
    process._rawDebug('loaded ' + url)
    return next(url, context)
  }
  registerHooks({ load })`)}`

/** What npm links. */
const { bin } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as {
  bin: { 'ollama-distributed': string }
}
const linked = [n24, join(projectDir, bin['ollama-distributed'])]

let user: User

beforeAll(async () => {
  user = await User.create()
})
afterAll(() => user?.remove())

async function modulesOf(...args: string[]): Promise<string[]> {
  const launcher = [n24, '--import', listModules, mainFile]
  const { stderr } = await user.run(args, { launcher })
  return [...stderr.matchAll(/^loaded (\S+)$/gm)].map(([, url = '']) => url)
}

test(`--version answers within ${bareStartsMax} starts of a bare Node`, async () => {
  const times: number[] = []
  const bareTimes: number[] = []
  for (let i = 0; i < runs; i++) {
    const { code, stdout, durationMs } = await user.run(['--version'], { launcher: linked })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^ollama-distributed \d+\.\d+\.\d+\n$/),
    })
    times.push(durationMs)
    const bare = await user.run(['-e', ''], { launcher: [n24] })
    bareTimes.push(bare.durationMs)
  }
  expect(Math.min(...times) / Math.min(...bareTimes)).toBeLessThanOrEqual(bareStartsMax)
})

describe('no engine, no client, no configuration is loaded', () => {
  test.each([[['--version']], [['help']], [['help', 'run']], [['modles']]])(
    'for %j',
    async (args) => {
      const urls = await modulesOf(...args)
      expect(urls.length).toBeGreaterThan(10)
      const packages = urls.flatMap((url) => /\/node_modules\/([^/]+)\//.exec(url)?.[1] ?? [])
      expect([...new Set(packages)]).toEqual(['commander'])
      const folders = urls.flatMap((url) => /\/src\/(\w+)\//.exec(url)?.[1] ?? [])
      expect([...new Set(folders)].toSorted()).toEqual(['cli', 'core', 'sys'])
    },
  )

  test('and a command about files needs no client', async () => {
    const urls = await modulesOf('config', 'schema')
    expect(urls.some((url) => url.includes('/node_modules/zod/'))).toBe(true)
    expect(urls.filter((url) => url.includes('/node_modules/undici/'))).toEqual([])
  })

  test('and a command loads the code of no other', async () => {
    const urls = await modulesOf('models', '--host', 'http://127.0.0.1:1')
    expect(urls.some((url) => url.endsWith('/src/cli/models.ts'))).toBe(true)
    const others = /\/src\/(node|config)\/|\/src\/cli\/(run|start|ps|show|status|stop)\b/
    expect(urls.filter((url) => others.test(url) && !url.endsWith('/run-cli.ts'))).toEqual([])
  })
})
