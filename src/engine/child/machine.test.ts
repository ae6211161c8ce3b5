import { describe, expect, test } from 'vitest'
import { startLoop } from '../../core/loop.ts'
import { ManualClock } from '../../sys/clock.ts'
import { seededRandom } from '../../sys/random.ts'
import { type ChildEffect, type ChildEvent, initialChild, limits, step } from './machine.ts'

/** A machine with one child that does what the test says. `jitter` 1 would be the longest delay, 0 the shortest. */
function setUp(jitter = () => 0) {
  const clock = new ManualClock()
  const changes: string[] = []
  const spawnedMs: number[] = []
  const asked: string[] = []
  let living = 0
  let livingMax = 0
  let stops = 0
  const perform = (effect: ChildEffect, send: (event: ChildEvent) => void) => {
    switch (effect.type) {
      case 'spawn':
        spawnedMs.push(clock.nowMs())
        living++
        livingMax = Math.max(livingMax, living)
        break
      case 'terminate':
      case 'kill':
        asked.push(effect.type)
        break
      case 'announce':
        changes.push(`${effect.standing}: ${effect.reason}`)
        break
      case 'settleStop':
        stops++
        break
      case 'startTimer':
        clock.after(effect.delayMs, () => send({ type: 'timer.fired', timer: effect.timer }))
    }
  }
  const loop = startLoop({ initial: initialChild, step, nowMs: () => clock.nowMs(), perform })
  return {
    clock,
    changes,
    spawnedMs,
    asked,
    start: () => loop.send({ type: 'start.asked' }),
    stop: () => loop.send({ type: 'stop.asked' }),
    ready: () => loop.send({ type: 'process.ready', url: 'http://127.0.0.1:1' }),
    hang: () => loop.send({ type: 'process.hung', reason: 'it hangs' }),
    exit: (reason = 'exit code 1') => {
      if (living === 0) return
      living--
      loop.send({ type: 'process.exited', reason, jitter: jitter() })
    },
    phase: () => loop.state.phase.type,
    living: () => living,
    livingMax: () => livingMax,
    stops: () => stops,
  }
}

/** Advances until a process is there again; gives the milliseconds after which it was started. */
function untilSpawned({ clock, living, spawnedMs }: ReturnType<typeof setUp>): number {
  const fromMs = clock.nowMs()
  while (living() === 0 && clock.nowMs() - fromMs < 2 * limits.loopRetryMs) clock.advance(25)
  return (spawnedMs.at(-1) ?? Number.NaN) - fromMs
}

describe('a child that lives', () => {
  test('goes from starting to running to stopped, and the stop waits for its end', () => {
    const child = setUp()
    child.start()
    child.ready()
    child.stop()
    expect(child.asked).toEqual(['terminate'])
    expect(child.stops()).toBe(0)
    child.exit('exit code 0')
    expect(child.stops()).toBe(1)
    child.clock.advance(10 * limits.loopRetryMs)
    expect(child.spawnedMs).toEqual([0])
    expect(child.changes).toEqual([
      'starting: asked to start',
      'running: ready',
      'stopped: asked to stop',
    ])
  })

  test('is started once, however often that is asked', () => {
    const child = setUp()
    child.start()
    child.start()
    child.ready()
    child.start()
    expect(child.spawnedMs).toEqual([0])
  })
})

describe('a child that dies', () => {
  test('is back after a delay that doubles from 100 ms up to 10 s, half of it random', () => {
    for (const jitter of [0, 1]) {
      const child = setUp(() => jitter)
      child.start()
      const delaysMs = Array.from({ length: 9 }, () => {
        child.ready()
        child.clock.advance(20_000) // so rarely that it is no crash loop, too short to be trusted
        child.exit()
        return untilSpawned(child)
      })
      const wholeMs = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]
      expect(delaysMs).toEqual(wholeMs.map((ms) => (ms * (1 + jitter)) / 2))
    }
  })

  test('is back quickly again once it has lived for a minute', () => {
    const child = setUp(() => 1)
    child.start()
    for (let i = 0; i < 4; i++) {
      child.ready()
      child.exit()
      untilSpawned(child)
    }
    child.ready()
    child.clock.advance(limits.stableMs)
    child.exit()
    expect(untilSpawned(child)).toBe(limits.firstRestartMs)
  })

  test('S-082 (part: decision): after five crashes in a minute it is in a crash loop, tried once a minute, until it lives', () => {
    const child = setUp()
    child.start()
    for (let i = 1; i <= limits.loopCrashes; i++) {
      untilSpawned(child)
      child.exit(`crash ${i}`)
    }
    expect(child.changes.slice(-2)).toEqual(['restarting: crash 4', 'crash-loop: crash 5'])
    for (let i = 0; i < 3; i++) {
      expect(untilSpawned(child)).toBe(limits.loopRetryMs)
      child.ready()
      child.clock.advance(limits.stableMs - 1)
      child.exit()
      expect(child.changes.at(-1)).toBe('crash-loop: exit code 1')
    }
    untilSpawned(child)
    child.ready()
    child.clock.advance(limits.stableMs)
    child.exit()
    expect(child.changes.at(-1)).toBe('restarting: exit code 1')
  })

  test('is killed and tried again when it is not ready in time', () => {
    const child = setUp()
    child.start()
    child.clock.advance(limits.startMs)
    expect(child.asked).toEqual(['kill'])
    child.ready() // too late
    child.clock.advance(limits.killMs)
    expect(child.asked).toEqual(['kill', 'kill'])
    child.exit('killed by SIGKILL')
    expect(child.changes.at(-1)).toBe('restarting: not ready within 60 s')
    untilSpawned(child)
    expect(child.living()).toBe(1)
  })

  test('is killed at once when it hangs, which is a crash with that reason', () => {
    const child = setUp()
    child.start()
    child.hang()
    expect(child.asked).toEqual([]) // it has not lived yet; its time to start runs
    child.ready()
    child.hang()
    child.hang()
    expect(child.asked).toEqual(['kill'])
    child.exit('killed by SIGKILL')
    expect(child.changes.at(-1)).toBe('restarting: it hangs')
    expect(untilSpawned(child)).toBe(limits.firstRestartMs / 2)
  })

  test('is not started again when the stop came while it was away', () => {
    const child = setUp()
    child.start()
    child.exit()
    child.stop()
    expect(child.stops()).toBe(1)
    child.clock.advance(10 * limits.loopRetryMs)
    expect(child.spawnedMs).toEqual([0])
  })
})

describe('a child that does not want to end', () => {
  test('is killed after the grace period, and again, and the stop does not wait for ever', () => {
    const child = setUp()
    child.start()
    child.ready()
    child.stop()
    child.clock.advance(limits.graceMs - 1)
    expect(child.asked).toEqual(['terminate'])
    child.clock.advance(1)
    expect(child.asked).toEqual(['terminate', 'kill'])
    expect(child.stops()).toBe(0)
    child.clock.advance(limits.killMs)
    expect(child.asked).toEqual(['terminate', 'kill', 'kill'])
    expect(child.stops()).toBe(1)
  })

  test('is started again only after its end, and not when a later stop took that back', () => {
    const child = setUp()
    child.start()
    child.stop()
    child.start()
    expect(child.spawnedMs).toHaveLength(1)
    child.exit()
    expect(child.spawnedMs).toHaveLength(2)
    child.stop()
    child.start()
    child.stop()
    child.exit()
    expect(child.spawnedMs).toHaveLength(2)
    expect(child.phase()).toBe('idle')
  })
})

describe('over seeded random lives', () => {
  test.each([...Array(100).keys()])(
    'seed %i: never two at once, never a hot spin, never lost',
    (seed) => {
      const random = seededRandom(seed)
      const child = setUp(() => random.number())
      const { start, stop, ready, exit } = child
      const acts: (() => void)[] = [
        start,
        start,
        start,
        stop,
        ready,
        ready,
        ready,
        ready,
        exit,
        exit,
        exit,
        exit,
      ]
      for (let i = 0; i < 400; i++) {
        acts[Math.floor(random.number() * acts.length)]?.()
        if (random.number() < 0.7) child.clock.advance(random.number() ** 4 * 70_000)
        expect(child.livingMax()).toBeLessThanOrEqual(1)
      }
      child.stop()
      child.exit()
      expect(child.phase()).toBe('idle')
      child.start()
      expect(child.living()).toBe(1)
    },
  )

  test.each([...Array(30).keys()])(
    'seed %i: whoever always dies is started at most 5 times in any minute',
    (seed) => {
      const random = seededRandom(seed)
      const child = setUp(() => random.number())
      child.start()
      while (child.clock.nowMs() < 600_000) {
        if (random.number() < 0.5) child.ready()
        child.clock.advance(random.number() * 50)
        child.exit()
        untilSpawned(child)
      }
      child.spawnedMs.forEach((fromMs, i) => {
        const inMinute = child.spawnedMs.slice(i).filter((atMs) => atMs < fromMs + 60_000)
        expect(inMinute.length).toBeLessThanOrEqual(limits.loopCrashes)
      })
      expect(child.spawnedMs.length).toBeGreaterThan(limits.loopCrashes + 5)
    },
  )
})
