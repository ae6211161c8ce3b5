import { afterEach, describe, expect, test } from 'vitest'
import { MarkedProcess } from '../support/marked-process.ts'
import { n24 } from '../support/n24.ts'
import { NodeProcess, runToEnd } from '../support/node-process.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'

/** A stand-in for a node: writes the run file, starts a listening child, and obeys SIGTERM if told to. */
const standIn = `
const { spawn } = require('node:child_process')
const { mkdirSync, writeFileSync } = require('node:fs')
const [dataDir, childEnvironment] = process.argv.slice(1)
const child = "require('node:net').createServer().listen(0, () => console.log('up'))"
const env = childEnvironment === 'bare' ? {} : process.env
const runner = spawn(process.execPath, ['-e', child], { env, stdio: ['ignore', 'pipe', 'ignore'] })
runner.stdout.once('data', () => {
  mkdirSync(dataDir + '/run')
  const file = { pid: process.pid, startedAt: new Date().toISOString(), gateway: 'http://127.0.0.1:1' }
  writeFileSync(dataDir + '/run/node.json', JSON.stringify(file))
  console.log('ready')
})
process.on('SIGTERM', () => runner.kill() && process.exit(0))
`

const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function start(environment: 'marked' | 'bare'): Promise<NodeProcess> {
  const folder: TemporaryDirectory = await makeTemporaryDirectory()
  const line = { command: n24, args: ['-e', standIn, folder.path, environment] }
  const node = new NodeProcess(line, folder.path, () => folder.remove())
  cleanUps.push(() => node[Symbol.asyncDispose]())
  await node.ready(30_000)
  return node
}

describe('the process harness', () => {
  test('is content when a stopped node took its children along', async () => {
    const node = await start('marked')
    expect((await node.tree()).length).toBe(2)
    expect(await node.stop()).toEqual({ code: 0, signal: null })
    await node.assertNothingLeft()
  })

  test.each(['marked', 'bare'] as const)(
    'names the process and the port that a killed node left behind (%s environment)',
    async (environment) => {
      const node = await start(environment)
      expect(await node.kill()).toEqual({ code: null, signal: 'SIGKILL' })
      await expect(node.assertNothingLeft(500)).rejects.toThrow(/process \d+: .*\nport \d+/)
      await node.destroy()
      await node.assertNothingLeft()
    },
  )

  test('tells what a command wrote that ended before it was ready', async () => {
    const folder = await makeTemporaryDirectory()
    const line = { command: n24, args: ['-e', 'console.error("no room"); process.exit(3)'] }
    const node = new NodeProcess(line, folder.path, () => folder.remove())
    cleanUps.push(() => node[Symbol.asyncDispose]())
    await expect(node.ready(30_000)).rejects.toThrow(/ended before it was ready[^]*no room/)
  })

  test('does not take the run file of an earlier node for this one', async () => {
    const earlier = await start('marked')
    const line = { command: n24, args: ['-e', 'setInterval(() => {}, 1000)'] }
    const later = new NodeProcess(line, earlier.dataDir, async () => {})
    cleanUps.push(() => later[Symbol.asyncDispose]())
    await expect(later.ready(300)).rejects.toThrow('the run file of a living node')
  })

  test('runs a command to its end, with its input, and starts what it was told to', async () => {
    const script = 'process.stdin.pipe(process.stdout); console.error(process.env.OD_TEST_RUN)'
    const done = await runToEnd({ command: n24, args: ['-e', script] }, { input: 'hello' })
    expect(done).toMatchObject({ code: 0, signal: null, stdout: 'hello' })
    expect(done.stderr.trim()).toMatch(/^[0-9a-f-]{36}$/)
    expect(() => new MarkedProcess({ command: '/nowhere/at-all' })).toThrow('cannot start')
  })
})
