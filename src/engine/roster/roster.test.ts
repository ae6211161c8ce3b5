import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { seededRandom } from '../../sys/random.ts'
import { reportOfChild } from './child-report.ts'
import type { ProbeResult } from './http-probe.ts'
import { startRoster } from './index.ts'
import { limits } from './member.ts'

const intervalMs = 30_000
const url = 'http://127.0.0.1:11434'
const added = { type: 'engine.added', engine: 'local', kind: 'adopted', url } as const
const refused: ProbeResult = { ok: false, reason: 'it refuses connections' }

function answers(...names: string[]): ProbeResult {
  const modified_at = '2026-01-01T00:00:00Z'
  const models = names.map((name) => ({ name, digest: name, modified_at }))
  return {
    ok: true,
    answer: { version: '0.24.0', lists: { models, loaded: [] }, areListsLate: false },
  }
}

/** A roster whose engines answer what the test says, when it says so. */
function setUp() {
  const clock = new ManualClock()
  const changes: string[] = []
  const hung: string[] = []
  const waiting: { url: string; answer: (result: ProbeResult) => void }[] = []
  const sentMs: number[] = []
  const roster = startRoster({
    clock,
    intervalMs,
    onChange: ({ id, state, reason }) => changes.push(`${id} ${state}: ${reason}`),
    onHung: (id, reason) => hung.push(`${id}: ${reason}`),
    probe: (url) => {
      sentMs.push(clock.nowMs())
      return new Promise((answer) => waiting.push({ url, answer }))
    },
  })
  /** Answers all probes under way, and lets the roster hear of it. */
  const answer = async (result: ProbeResult) => {
    for (const probe of waiting.splice(0)) probe.answer(result)
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  const engine = () => roster.list()[0]
  return { clock, roster, changes, hung, waiting, sentMs, answer, engine }
}

/** As `setUp`, with one adopted Ollama that runs. */
async function setUpRunning() {
  const all = setUp()
  all.roster.report(added)
  await all.answer(answers('a'))
  return all
}

describe('an Ollama that already listens', () => {
  test('is probed at once, and runs when it has answered with its lists', async () => {
    const { roster, changes, answer, engine } = setUp()
    roster.report(added)
    expect(engine()).toMatchObject({ state: 'starting', managed: false, models: [] })
    await answer(answers('a'))
    expect(engine()).toMatchObject({ state: 'running', version: '0.24.0', url })
    expect(engine()?.models.map(({ name }) => name)).toEqual(['a'])
    expect(changes).toEqual(['local starting: added', 'local running: it answers'])
  })

  test('S-025 (part: interval), S-105: is probed at the interval, and a late list leaves the last one standing', async () => {
    const { clock, answer, engine, sentMs } = await setUpRunning()
    clock.advance(intervalMs)
    await answer({ ok: true, answer: { version: '0.24.1', lists: undefined, areListsLate: false } })
    expect(engine()).toMatchObject({ state: 'running', version: '0.24.1' })
    expect(engine()?.models).toHaveLength(1)
    clock.advance(intervalMs)
    expect(sentMs).toEqual([0, intervalMs, 2 * intervalMs])
  })

  test('is probed no more often at the interval after it was asked in between', async () => {
    const { clock, roster, answer, sentMs } = await setUpRunning()
    for (let i = 0; i < 5; i++) {
      clock.advance(1_000)
      const fresh = roster.refresh(0)
      await answer(answers('a'))
      await fresh
    }
    const asked = sentMs.length
    for (let i = 0; i < 10; i++) {
      clock.advance(intervalMs / 10)
      await answer(answers('a'))
    }
    expect(sentMs.slice(asked)).toEqual([5_000 + intervalMs])
  })

  test('is asked every 50 to 500 ms until it shows its lists for the first time', async () => {
    const { clock, roster, answer, sentMs, engine } = setUp()
    roster.report(added)
    for (let i = 0; i < 7; i++) {
      await answer({
        ok: true,
        answer: { version: '0.24.0', lists: undefined, areListsLate: false },
      })
      expect(engine()?.state).toBe('starting')
      clock.advance(limits.longestStartingMs)
    }
    const gapsMs = sentMs.slice(1).map((atMs, i) => atMs - 500 * i)
    expect(gapsMs).toEqual([50, 100, 200, 400, 500, 500, 500])
  })

  test('S-025 (part: threshold): three failures in a row make it unhealthy, two and an answer do not', async () => {
    const { clock, answer, engine, changes } = await setUpRunning()
    clock.advance(intervalMs)
    await answer(refused)
    clock.advance(limits.confirmMs)
    await answer(refused)
    expect(engine()?.lastProbe).toMatchObject({ ok: false })
    clock.advance(limits.confirmMs)
    await answer(answers('a'))
    clock.advance(intervalMs)
    for (let i = 0; i < limits.failuresInRow; i++) {
      expect(engine()?.state).toBe('running')
      await answer(refused)
      clock.advance(limits.confirmMs)
    }
    expect(engine()?.state).toBe('unhealthy')
    expect(changes.slice(2)).toEqual(['local unhealthy: it refuses connections'])
  })

  test('is asked 1, 2, 4 … seconds later when unhealthy, and recovers by an answer', async () => {
    const { clock, answer, engine, sentMs, waiting } = await setUpRunning()
    clock.advance(intervalMs)
    for (let i = 0; i < limits.failuresInRow; i++) {
      await answer(refused)
      if (engine()?.state === 'running') clock.advance(limits.confirmMs)
    }
    for (let i = 0; i < 7; i++) {
      while (waiting.length === 0) clock.advance(500)
      await answer(refused)
    }
    const gapsMs = sentMs.slice(-8).map((atMs, i, all) => atMs - (all[i - 1] ?? atMs))
    expect(gapsMs.slice(1)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    clock.advance(intervalMs)
    await answer(answers('a'))
    expect(engine()?.state).toBe('running')
  })
})

describe('requests', () => {
  test('are counted until they end, each once', async () => {
    const { roster, engine } = await setUpRunning()
    const first = roster.begin('local')
    const second = roster.begin('local')
    expect(engine()?.activeRequests).toBe(2)
    first('answered')
    first('answered')
    expect(engine()?.activeRequests).toBe(1)
    second('died')
    expect(engine()?.activeRequests).toBe(0)
  })

  test('that find nobody take the engine out before any probe has ended, and have it probed at once', async () => {
    const { roster, waiting, answer, engine, changes } = await setUpRunning()
    roster.begin('local')('unreachable')
    expect(engine()?.state).toBe('unhealthy')
    expect(changes.at(-1)).toBe('local unhealthy: a request found nobody')
    expect(waiting).toHaveLength(1)
    await answer(answers('a'))
    expect(engine()?.state).toBe('running')
  })

  test('whose answers break off count as failures, and have it probed at once', async () => {
    const { roster, waiting, engine } = await setUpRunning()
    for (let i = 1; i <= limits.failuresInRow; i++) {
      expect(engine()?.state).toBe('running')
      roster.begin('local')('died')
      expect(waiting).toHaveLength(1)
    }
    expect(engine()?.state).toBe('unhealthy')
  })

  test('that are answered forget failures of others', async () => {
    const { roster, engine } = await setUpRunning()
    for (let i = 0; i < 10; i++) roster.begin('local')(i % 3 === 2 ? 'answered' : 'died')
    expect(engine()?.state).toBe('running')
  })
})

describe('waiting for an engine', () => {
  const never = new AbortController().signal

  test('ends as soon as one runs', async () => {
    const { roster, answer } = setUp()
    roster.report(added)
    const usable = roster.untilUsable(10_000, never)
    await answer(answers())
    expect(await usable).toBe(true)
    expect(await roster.untilUsable(0, never)).toBe(true)
  })

  test.each(['time', 'signal', 'stop'])('ends without one by %s', async (cause) => {
    const { roster, clock } = setUp()
    const controller = new AbortController()
    const usable = roster.untilUsable(10_000, controller.signal)
    if (cause === 'time') clock.advance(10_000)
    if (cause === 'signal') controller.abort()
    if (cause === 'stop') roster.stop()
    expect(await usable).toBe(false)
  })

  test('asks an unhealthy one at once instead of at its next turn', async () => {
    const { roster, answer, waiting } = await setUpRunning()
    roster.begin('local')('unreachable')
    await answer(refused)
    expect(waiting).toHaveLength(0)
    const usable = roster.untilUsable(10_000, never)
    await answer(answers('a'))
    expect(await usable).toBe(true)
  })
})

describe('asking for fresh lists', () => {
  test('asks once for all who ask, and not at all when they are young enough', async () => {
    const { roster, clock, answer, sentMs, engine } = await setUpRunning()
    clock.advance(1_000)
    await roster.refresh(1_000)
    expect(sentMs).toHaveLength(1)
    const all = [roster.refresh(999), roster.refresh(0), roster.refresh(500)]
    await answer(answers('a', 'b'))
    await Promise.all(all)
    expect(sentMs).toHaveLength(2)
    expect(engine()?.models).toHaveLength(2)
  })

  test('asks again when the question under way is older than what is wanted', async () => {
    const { roster, clock, answer, sentMs, engine } = await setUpRunning()
    clock.advance(intervalMs)
    clock.advance(10)
    const fresh = roster.refresh(0)
    await answer(answers('old'))
    expect(sentMs).toHaveLength(3)
    await answer(answers('new'))
    await fresh
    expect(engine()?.models.map(({ name }) => name)).toEqual(['new'])
  })

  test('takes 300 ms at most and then leaves the last lists standing', async () => {
    const { roster, clock, engine } = await setUpRunning()
    clock.advance(1)
    const fresh = roster.refresh(0)
    clock.advance(300)
    await fresh
    expect(engine()?.models).toHaveLength(1)
  })
})

describe('the embedded engine', () => {
  const child = { name: 'embedded', sinceMs: 0, reason: 'because' }

  test('is asked only while its process says that it listens; its models outlive it, what was loaded does not', async () => {
    const { roster, changes, waiting, answer, engine, clock } = setUp()
    roster.report({ ...added, engine: 'embedded', kind: 'embedded' })
    roster.report(reportOfChild('embedded', { ...child, state: 'starting' }))
    expect(waiting).toHaveLength(0)
    const told = {
      ...child,
      state: 'running',
      url: 'http://127.0.0.1:5',
      pid: 7,
      startedMs: 5,
    } as const
    roster.report(reportOfChild('embedded', told))
    expect(waiting.map((probe) => probe.url)).toEqual(['http://127.0.0.1:5'])
    await answer(answers('pocket'))
    expect(engine()).toMatchObject({ state: 'running', managed: true, pid: 7, startedMs: 5 })
    roster.report(reportOfChild('embedded', { ...child, state: 'restarting' }))
    clock.advance(10 * intervalMs)
    expect(waiting).toHaveLength(0)
    expect(engine()).not.toHaveProperty('pid')
    expect(engine()?.models).toHaveLength(1)
    roster.report(reportOfChild('embedded', { ...child, state: 'crash-loop' }))
    expect(changes).toEqual([
      'embedded starting: added',
      'embedded running: it answers',
      'embedded restarting: because',
      'embedded crash-loop: because',
    ])
  })

  test('an answer of the process before does not count for the one after', async () => {
    const { roster, waiting, engine } = setUp()
    roster.report({ ...added, engine: 'embedded', kind: 'embedded' })
    roster.report({ type: 'engine.ready', engine: 'embedded', url })
    const [before] = waiting.splice(0)
    roster.report({ type: 'engine.exited', engine: 'embedded', state: 'restarting', reason: '' })
    roster.report({ type: 'engine.ready', engine: 'embedded', url })
    before?.answer(answers('old'))
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    expect(engine()).toMatchObject({ state: 'starting', models: [] })
    expect(waiting).toHaveLength(1)
  })
})

describe('an engine that has been unhealthy', () => {
  test('is on trial when it answers again: one failure takes it out, a second answer ends the trial', async () => {
    const { roster, clock, answer, engine, changes } = await setUpRunning()
    roster.begin('local')('unreachable')
    await answer(answers('a'))
    expect(engine()?.state).toBe('running')
    roster.begin('local')('died')
    expect(engine()?.state).toBe('unhealthy')
    await answer(answers('a'))
    clock.advance(limits.confirmMs)
    await answer(answers('a'))
    roster.begin('local')('died')
    expect(engine()?.state).toBe('running')
    const states = changes.slice(2).map((change) => change.split(/[ :]/)[1])
    expect(states).toEqual(['unhealthy', 'running', 'unhealthy', 'running'])
  })
})

describe('S-013 (part: deep probe): an engine whose lists are late', () => {
  const late: ProbeResult = {
    ok: true,
    answer: { version: '0.24.0', lists: undefined, areListsLate: true },
  }

  test('is unhealthy after three times in a row, and stays so until it shows them', async () => {
    const { clock, answer, engine, changes } = await setUpRunning()
    clock.advance(intervalMs)
    for (let i = 0; i < limits.lateListsInRow; i++) {
      expect(engine()?.state).toBe('running')
      await answer(late)
      clock.advance(limits.firstRecoveryMs)
    }
    expect(changes.at(-1)).toBe('local unhealthy: it answers, but does not show its models')
    await answer(late)
    expect(engine()?.state).toBe('unhealthy')
    clock.advance(intervalMs)
    await answer(answers('a'))
    expect(engine()?.state).toBe('running')
  })

  test('stays in use when they come in between', async () => {
    const { clock, answer, engine } = await setUpRunning()
    for (let i = 0; i < 10; i++) {
      clock.advance(intervalMs)
      await answer(i % 3 === 2 ? answers('a') : late)
    }
    expect(engine()?.state).toBe('running')
  })
})

describe('an engine with a process of ours', () => {
  async function setUpHanging() {
    const all = setUp()
    all.roster.report({ ...added, kind: 'managed' })
    const process = { pid: 7, startedMs: 0 }
    all.roster.report({ type: 'engine.ready', engine: 'local', url, process })
    await all.answer(answers('a'))
    all.clock.advance(intervalMs)
    for (let i = 0; i < limits.failuresInRow; i++) {
      await all.answer(refused)
      if (all.engine()?.state === 'running') all.clock.advance(limits.confirmMs)
    }
    expect(all.engine()?.state).toBe('unhealthy')
    const failOnce = async () => {
      while (all.waiting.length === 0) all.clock.advance(500)
      await all.answer(refused)
    }
    return { ...all, failOnce }
  }

  test('is replaced once, after three more failures, when it hangs', async () => {
    const { hung, failOnce } = await setUpHanging()
    for (let i = 0; i < limits.hungProbes; i++) {
      expect(hung).toEqual([])
      await failOnce()
    }
    expect(hung).toEqual(['local: it hangs: it refuses connections'])
    await failOnce()
    expect(hung).toHaveLength(1)
  })

  test('is spared while its requests succeed', async () => {
    const { roster, hung, failOnce } = await setUpHanging()
    for (let i = 0; i < 10; i++) {
      await failOnce()
      roster.begin('local')('answered')
    }
    expect(hung).toEqual([])
  })
})

describe('an engine that is removed', () => {
  test('is gone, and what was asked of it is not told of the next with its name', async () => {
    const { roster, waiting, engine } = await setUpRunning()
    const finish = roster.begin('local')
    void roster.refresh(-1)
    const [asked] = waiting.splice(0)
    roster.report({ type: 'engine.removed', engine: 'local' })
    expect(roster.list()).toEqual([])
    roster.report({ ...added, url: 'http://127.0.0.1:2' })
    finish('answered')
    asked?.answer(answers('old'))
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    expect(engine()).toMatchObject({ state: 'starting', activeRequests: 0, models: [] })
  })

  test('can be waited for until its last request has ended', async () => {
    const { roster, clock } = await setUpRunning()
    const finish = roster.begin('local')
    const first = roster.untilIdle('local', 1_000)
    clock.advance(1_000)
    expect(await first).toBe(false)
    const second = roster.untilIdle('local', 1_000)
    finish('answered')
    expect(await second).toBe(true)
  })
})

describe('over seeded random news', () => {
  test.each([...Array(50).keys()])(
    'seed %i: one question at a time, never faster than 50 ms on its own, and well again at the end',
    async (seed) => {
      const random = seededRandom(seed)
      const { clock, roster, waiting, sentMs, answer, engine, changes } = setUp()
      roster.report(added)
      for (let i = 0; i < 200; i++) {
        const drawn = random.number()
        if (drawn < 0.4) await answer(random.number() < 0.6 ? refused : answers('a'))
        else if (drawn < 0.5) roster.begin('local')('died')
        else if (drawn < 0.6) roster.begin('local')('answered')
        else clock.advance(random.number() * 5_000)
        expect(waiting.length).toBeLessThanOrEqual(1)
      }
      changes.forEach((change, i) => expect(change).not.toBe(changes[i - 1]))
      const sentBefore = sentMs.length
      for (let elapsedMs = 0; elapsedMs < 2 * intervalMs; elapsedMs += 10) {
        if (random.number() < 0.5) await answer(refused)
        clock.advance(10)
      }
      expect(sentMs.length - sentBefore).toBeLessThan(20)
      expect(engine()).toMatchObject({ state: 'unhealthy', activeRequests: 0 })
      while (waiting.length === 0) clock.advance(intervalMs)
      await answer(answers('a'))
      expect(engine()?.state).toBe('running')
    },
  )
})
