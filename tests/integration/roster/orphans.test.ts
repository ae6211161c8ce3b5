import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openChildRecords } from '../../../src/engine/child/index.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemProcesses as processes } from '../../../src/sys/processes.ts'
import { systemRandom as random } from '../../../src/sys/random.ts'
import { MarkedProcess } from '../../support/marked-process.ts'
import { n24 } from '../../support/n24.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'
import { sleepersIn, writeScripts } from './child-script.ts'

let folder: TemporaryDirectory
let started: MarkedProcess[]

beforeEach(async () => {
  folder = await makeTemporaryDirectory()
  await writeScripts(folder.path)
  started = []
})

afterEach(async () => {
  for (const one of started) await one.destroy()
  await folder.remove()
})

/** A node-like parent with a running child; `sleepers` are what that child started. */
async function startParent(behaviour: string, sleeperCount: number) {
  const parent = new MarkedProcess({
    command: n24,
    args: [folder.inside('parent.mjs'), folder.path, behaviour],
  })
  started.push(parent)
  const [, pid = ''] = await parent.saw(/running (\d+)/)
  const sleepers = sleepersIn(parent.stdout())
  expect(sleepers).toHaveLength(sleeperCount)
  return { parent, pid: Number(pid), sleepers }
}

async function killAlone(parent: MarkedProcess): Promise<void> {
  await parent.remember()
  parent.signal('SIGKILL')
  await within('the end of the parent', parent.exited)
}

/** What the next start does first. */
async function startAgain() {
  const events: string[] = []
  const warn = (_: object, event: string) => void events.push(event)
  const log = { ...silentLog, warn }
  await openChildRecords({ runDir: folder.inside('run'), processes, random, log })
  return events
}

const living = (pids: readonly number[]) => pids.filter((pid) => processes.isAlive(pid))

describe('after kill -9 of the parent', () => {
  test('a child that heeds the closed channel is gone by itself', async () => {
    const { parent, pid } = await startParent('polite', 0)
    await killAlone(parent)
    await until('the child to end', () => !processes.isAlive(pid))
    await parent.assertNothingLeft()
  })

  test('a child that does not is ended at the next start, with all that it started', async () => {
    const { parent, pid, sleepers } = await startParent('stubborn', 2)
    await killAlone(parent)
    const all = [pid, ...sleepers]
    await until('the parent to be gone', () => !processes.isAlive(parent.pid))
    expect(living(all)).toEqual(all)
    expect(new Set(await startAgain())).toEqual(new Set(['children.cleared'])) // in one round or more
    await parent.assertNothingLeft()
    expect(living(all)).toEqual([])
  })

  test.runIf(process.platform === 'linux')(
    'what a child left behind when it ended is ended at the next start',
    async () => {
      const { parent, pid, sleepers } = await startParent('orphaning', 2)
      await killAlone(parent)
      await until('the child to end', () => !processes.isAlive(pid))
      expect(living(sleepers)).toEqual(sleepers)
      expect(await startAgain()).toContain('children.cleared')
      await parent.assertNothingLeft()
    },
  )
})

describe('a process that is not ours', () => {
  async function writeRecord(record: object): Promise<void> {
    await mkdir(folder.inside('run'), { recursive: true })
    const file = { mark: random.hex(16), children: [record] }
    await writeFile(folder.inside('run', 'children.json'), JSON.stringify(file))
  }

  function startBystander(): MarkedProcess {
    const bystander = new MarkedProcess({
      command: n24,
      args: ['-e', 'setInterval(() => {}, 1000)'],
    })
    started.push(bystander)
    return bystander
  }

  test('lives on, although it has the pid of a child of ours, when it started at another time', async () => {
    const { pid } = startBystander()
    const startTime = processes.startTimeOf(pid) ?? ''
    await writeRecord({ name: 'tiny', pid, startTime: `${startTime}0` })
    expect(await startAgain()).toEqual([])
    expect(processes.isAlive(pid)).toBe(true)
    // The same record with the right time is a child of ours: the check above did look.
    await writeRecord({ name: 'tiny', pid, startTime })
    expect(await startAgain()).toEqual(['children.cleared'])
    await until('the child to end', () => !processes.isAlive(pid))
  })

  test.each([
    ['all processes', { name: 'a', pid: -1, startTime: 'x' }],
    ['our own group', { name: 'a', pid: 0, startTime: 'x' }],
    ['the first process', { name: 'a', pid: 1, startTime: 'x' }],
    ['no number', { name: 'a', pid: '7', startTime: 'x' }],
    ['no time', { name: 'a', pid: 7 }],
  ])('is not looked for in a record that names %s', async (_, record) => {
    await writeRecord(record)
    expect(await startAgain()).toEqual(['children.unreadable'])
  })
})

test('records that a disk damaged are replaced, and the start goes on', async () => {
  await mkdir(folder.inside('run'), { recursive: true })
  await writeFile(folder.inside('run', 'children.json'), '{"mark":"a')
  expect(await startAgain()).toEqual(['children.unreadable'])
  expect(await startAgain()).toEqual([])
  expect(await readFile(folder.inside('run', 'children.json'), 'utf8')).toContain('"children": []')
})

test('a process that has ended and was not reaped is not alive', async () => {
  const command = `${n24} -e 0 & echo $!; exec sleep 60`
  const shell = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = await new Promise<number>((resolve) => {
    shell.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())))
  })
  try {
    await until('its end', () => !processes.isAlive(pid))
    expect(processes.startTimeOf(pid)).toBeDefined()
  } finally {
    shell.kill('SIGKILL')
  }
})
