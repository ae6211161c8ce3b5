import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ChildSupervisor,
  type ChildView,
  openChildRecords,
  superviseChild,
} from '../../../src/engine/child/index.ts'
import { limits } from '../../../src/engine/child/machine.ts'
import { type Clock, ManualClock, systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemProcesses as processes } from '../../../src/sys/processes.ts'
import { readProcess } from '../../../src/sys/processes-table.ts'
import { systemRandom as random } from '../../../src/sys/random.ts'
import { n24 } from '../../support/n24.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'
import { sleepersIn, writeScripts } from './child-script.ts'

let folder: TemporaryDirectory
let supervisors: ChildSupervisor[]
let seen: ChildView[]

beforeEach(async () => {
  folder = await makeTemporaryDirectory()
  await writeScripts(folder.path)
  supervisors = []
  seen = []
})

afterEach(async () => {
  for (const supervisor of supervisors) await supervisor.stop()
  const left = seen.filter(({ pid }) => pid !== undefined && processes.isAlive(pid))
  await folder.remove()
  expect(left).toEqual([])
})

async function supervise(behaviour: string, options: { clock?: Clock; command?: string } = {}) {
  const records = await openChildRecords({
    runDir: folder.inside('run'),
    processes,
    random,
    log: silentLog,
  })
  const supervisor = superviseChild({
    name: 'tiny',
    command: options.command ?? n24,
    args: [folder.inside('child.mjs'), behaviour],
    env: { GREETING: 'hello' },
    logFile: folder.inside('logs', 'tiny.log'),
    clock: options.clock ?? systemClock,
    random,
    processes,
    records,
    onChange: (view) => seen.push(view),
  })
  supervisors.push(supervisor)
  supervisor.start()
  return supervisor
}

async function untilRunning(supervisor: ChildSupervisor): Promise<{ pid: number; url: string }> {
  await until('the child to run', () => supervisor.view.state === 'running')
  const { pid = 0, url = '' } = supervisor.view
  return { pid, url }
}

async function recordedPids(): Promise<number[]> {
  const file: unknown = JSON.parse(await readFile(folder.inside('run', 'children.json'), 'utf8'))
  return (file as { children: { pid: number }[] }).children.map(({ pid }) => pid)
}

async function isListening(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return isOpen
}

const states = () => seen.map(({ state }) => state)

describe('a child that is killed', () => {
  test('S-082 (part: restart): is back within the first delay, as another process at its own address', async () => {
    const supervisor = await supervise('polite')
    const first = await untilRunning(supervisor)
    expect(await (await fetch(first.url)).text()).toBe('hello')
    process.kill(first.pid, 'SIGKILL')
    await until('the loss to be noticed', () => seen.at(-1)?.state === 'restarting')
    expect(seen.at(-1)).toMatchObject({ reason: 'killed by SIGKILL' })
    expect(seen.at(-1)).not.toHaveProperty('pid')
    const second = await untilRunning(supervisor)
    expect(second.pid).not.toBe(first.pid)
    expect(await (await fetch(second.url)).text()).toBe('hello')
    expect(states()).toEqual(['starting', 'running', 'restarting', 'running'])
    await until('the records to follow', async () => (await recordedPids())[0] === second.pid)
  })

  test('takes the processes of its group with it', async () => {
    const supervisor = await supervise('orphaning', { clock: new ManualClock() }) // never restarted
    const { pid } = await untilRunning(supervisor)
    const [inGroup = 0, outside = 0] = await until('its processes', () => {
      const sleepers = sleepersIn(supervisor.lastLines.join('\n'))
      return sleepers.length === 2 && sleepers
    })
    process.kill(pid, 'SIGKILL')
    await until('the group to end', () => !processes.isAlive(inGroup))
    processes.killTree(outside) // not in the group; only the mark finds it, at the next start
    await until('the other to end', () => !processes.isAlive(outside))
  })
})

test('S-082 (part: crash loop): a child that always dies is in a crash loop after five tries, with its last words kept', async () => {
  const supervisor = await supervise('crashing')
  await until('the crash loop', () => supervisor.view.state === 'crash-loop')
  expect(states()).toEqual(['starting', ...Array<string>(4).fill('restarting'), 'crash-loop'])
  expect(supervisor.view).toMatchObject({ reason: 'exit code 3' })
  const words = Array<string>(5).fill('no such library')
  expect(supervisor.lastLines).toEqual(words)
  expect(await readFile(folder.inside('logs', 'tiny.log'), 'utf8')).toBe(`${words.join('\n')}\n`)
})

test('a program that is not there is a crash with that reason, and can be stopped', async () => {
  const supervisor = await supervise('', { command: folder.inside('absent') })
  await until('the failure', () => supervisor.view.state === 'restarting')
  expect(supervisor.view.reason).toBe('could not be started (ENOENT)')
  await supervisor.stop()
  expect(supervisor.view.state).toBe('stopped')
})

describe('a child', () => {
  test('S-026 (part: environment): has its own values and what is inherited', async () => {
    const supervisor = await supervise('polite')
    await untilRunning(supervisor)
    const line = `greeting hello, home ${process.env['HOME']}`
    await until('its greeting', () => supervisor.lastLines.includes(line))
  })

  test.runIf(process.platform === 'linux')(
    'leads a group of its own, out of the reach of Ctrl-C',
    async () => {
      const { pid } = await untilRunning(await supervise('polite'))
      expect(readProcess(pid)).toMatchObject({ groupPid: pid, parentPid: process.pid })
    },
  )
})

describe('S-024 (part: process): stopping', () => {
  test('a polite child ends by the signal, frees its port and is not remembered', async () => {
    const supervisor = await supervise('polite')
    const { pid, url } = await untilRunning(supervisor)
    await until('the record', async () => (await recordedPids()).includes(pid))
    await within('the stop', supervisor.stop(), limits.graceMs)
    expect(processes.isAlive(pid)).toBe(false)
    expect(await isListening(url)).toBe(false)
    expect(await recordedPids()).toEqual([])
    expect(supervisor.view.state).toBe('stopped')
    await supervisor.stop()
  })

  test('a stubborn child is killed after the grace period, with all that it started', async () => {
    const clock = new ManualClock()
    const supervisor = await supervise('stubborn', { clock })
    const { pid } = await untilRunning(supervisor)
    const all = await until('its processes', () => {
      const sleepers = sleepersIn(supervisor.lastLines.join('\n'))
      return sleepers.length === 2 && [pid, ...sleepers]
    })
    const stopped = supervisor.stop()
    clock.advance(limits.graceMs - 1)
    expect(all.filter((one) => processes.isAlive(one))).toEqual(all)
    clock.advance(1)
    await within('the stop', stopped)
    await until('all to end', () => !all.some((one) => processes.isAlive(one)))
  })

  test('a child that was started again meanwhile comes back after its end', async () => {
    const supervisor = await supervise('polite')
    const { pid } = await untilRunning(supervisor)
    const stopped = supervisor.stop()
    supervisor.start()
    await stopped
    expect(processes.isAlive(pid)).toBe(false)
    await untilRunning(supervisor)
    expect(states()).toEqual(['starting', 'running', 'stopped', 'starting', 'running'])
  })
})
