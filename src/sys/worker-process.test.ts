import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { within } from '../../tests/support/until.ts'

const worker = new URL('./worker-process.ts', import.meta.url)

/** A process that opens its channel at the word of `when`, and has something else that keeps it alive. */
async function startChild(when: string) {
  const folder = await makeTemporaryDirectory()
  onTestFinished(() => folder.remove())
  const script = folder.inside('child.mjs')
  await writeFile(
    script,
    `import { parentChannel } from '${worker.href}'
    setInterval(() => {}, 60_000)
    process.once('disconnect', () => ${when === 'late' ? 'parentChannel(() => {})' : '{}'})
    ${when === 'early' ? 'parentChannel(() => {})' : ''}
    process.send('up')`,
  )
  const child = fork(script, { silent: true, execArgv: [] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  await within('the child to be up', once(child, 'message'))
  return { child, exited }
}

test.each([
  ['while it works', 'early'],
  ['before it opens its channel', 'late'],
])('a worker whose parent goes %s ends by itself', async (_, when) => {
  const { child, exited } = await startChild(when)
  child.disconnect()
  expect(await within('the end of the worker', exited)).toEqual([0, null])
})
