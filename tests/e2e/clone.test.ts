import { existsSync } from 'node:fs'
import { appendFile, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NodeProcess, runToEnd } from '../support/node-process.ts'
import { allProcesses } from '../support/process-tree.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'
import { type Clone, coldTimeoutMs, makeClone, startClone, userEnvironment } from './clone-tree.ts'

let clone: Clone
let data: TemporaryDirectory
beforeAll(async () => {
  clone = await makeClone({ packages: false })
  data = await makeTemporaryDirectory()
})
afterAll(async () => {
  await clone.remove()
  await data.remove()
})

/** `npm start` as the README has it, on free ports; gives the time until it is ready as well. */
async function start(): Promise<{ node: NodeProcess; readyMs: number }> {
  const startedMs = performance.now()
  const node = await startClone(clone, data.path)
  return { node, readyMs: performance.now() - startedMs }
}

/** Stops it with all that belongs to it. */
async function stop(node: NodeProcess): Promise<void> {
  try {
    await node.stop()
    await node.assertNothingLeft()
  } finally {
    await node[Symbol.asyncDispose]()
  }
}

/** The bundled model's answer to the printed line. */
async function answerOf(node: NodeProcess): Promise<string> {
  const response = await fetch(`${node.gateway}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'pocket', prompt: 'Why is the sky blue?' }),
  })
  const lines = (await response.text()).trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(3)
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true })
  return lines.map((line) => (JSON.parse(line) as { response: string }).response).join('')
}

/** Runs `npm test` with arguments; it ends by itself. */
function npmTest(...args: string[]) {
  return runToEnd(
    { command: 'npm', args: ['test', '--', ...args], cwd: clone.path, env: userEnvironment() },
    { timeoutMs: coldTimeoutMs },
  )
}

describe('a fresh clone, with git, npm and the Node that the machine has', () => {
  test('starts with one command and answers, and git sees nothing new', async () => {
    const { node, readyMs } = await start()
    try {
      console.log(`npm start, cold: ready after ${(readyMs / 1000).toFixed(1)} s`)
      await node.saw(/^ok ports .*\n(.*\n)*?ok install {2}\d+ packages.*\nok build .*compiled \d+/m)
      const [line = ''] = await node.saw(/^ {2}curl \S+ -d .*$/m)
      expect(line).toContain(node.gateway)
      expect(await answerOf(node)).not.toBe('')
      expect(clone.changes()).toBe('')
    } finally {
      await stop(node)
    }
  })

  test('keeps no more of the private Node than its binary, and out of the path of scripts', async () => {
    const [folder = ''] = (await readdir(clone.inside('node_modules'))).filter((name) =>
      /^node-(linux|win|darwin)-/.test(name),
    )
    expect(await readdir(clone.inside('node_modules', folder, 'bin'))).toEqual(['node'])
    expect(existsSync(clone.inside('node_modules', folder, 'include'))).toBe(false)
    expect(existsSync(clone.inside('node_modules', '.bin', 'node'))).toBe(false)
    expect(existsSync(clone.inside('node_modules', 'vitest'))).toBe(false) // only what a start needs
  })

  test('started again it has nothing to install and nothing to build', async () => {
    const { node } = await start()
    await node.saw(/^ok install {2}nothing to do .*\nok build {4}nothing to do /m)
    await stop(node)
  })
})

describe('what was broken is made whole', () => {
  test.each([
    [
      'an install that was cut short',
      ['node_modules/.od-installed', 'node_modules/undici/index.js'],
    ],
    ['a package that is gone', ['node_modules/zod']],
  ])('%s', async (_, paths) => {
    for (const path of paths) await rm(clone.inside(path), { recursive: true })
    const { node } = await start()
    await node.saw(/^ok install {2}repaired, /m)
    await stop(node)
    expect(paths.filter((path) => !existsSync(clone.inside(path)))).toEqual([])
  })

  test('a build that was killed', async () => {
    const before = await readFile(clone.inside('dist', '.od-built'), 'utf8')
    await appendFile(clone.inside('src', 'main.ts'), '\n')
    const unfinished = async () =>
      (await readdir(clone.path)).filter((name) => name.startsWith('.dist-'))
    const hasWritten = async () => {
      for (const name of await unfinished()) return (await readdir(clone.inside(name))).length > 0
      return false
    }
    const killed = start()
    await until('the build to have written', hasWritten, { timeoutMs: 60_000 })
    const launcher = await launcherIn(clone.path)
    process.kill(launcher, 'SIGKILL')
    await expect(killed).rejects.toThrow('ended before it was ready')
    expect(await readFile(clone.inside('dist', '.od-built'), 'utf8')).toBe(before)
    expect(clone.changes()).toBe(' M src/main.ts\n')

    const { node } = await start()
    await node.saw(/^ok build {4}compiled/m)
    await stop(node)
    expect(await unfinished()).toEqual([])
    expect(await readFile(clone.inside('dist', '.od-built'), 'utf8')).not.toBe(before)
  })
})

describe('npm test', () => {
  test('adds what tests need beside a node that runs from the clone, and ends with the counts', async () => {
    const { node } = await start()
    try {
      const done = await npmTest('src/core')
      expect(done.stdout).toMatch(/\n[1-9]\d* passed, 0 failed, 0 skipped\n$/)
      expect(done.code).toBe(0)
      await fetch(`${node.gateway}/api/generate`, {
        method: 'POST',
        body: JSON.stringify({ model: 'pocket', keep_alive: 0 }), // the answer below takes a new runner
      })
      expect(await answerOf(node)).not.toBe('')
    } finally {
      await stop(node)
    }
  })

  test('fails when a test fails, and when none was run', async () => {
    const failing = clone.inside('src', 'core', 'failing.test.ts')
    const text = "import { expect, test } from 'vitest'\ntest('fails', () => expect(1).toBe(2))\n"
    await appendFile(failing, text)
    const failed = await npmTest('src/core/failing.test.ts')
    expect(failed.stdout).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/)
    expect(failed.code).toBe(1)
    await rm(failing)
    const none = await npmTest('src/core/failing.test.ts')
    expect(none.stdout).toMatch(/\n0 passed, \d+ failed, 0 skipped\n$/)
    expect(none.code).toBe(1)
  })
})

/** The process that runs the launcher's script in a folder. */
async function launcherIn(folder: string): Promise<number> {
  for (const { pid, command } of await allProcesses()) {
    if (!/^node \S*start\.cjs/.test(command)) continue
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) === folder) return pid
  }
  throw new Error(`no launcher runs in ${folder}`)
}
