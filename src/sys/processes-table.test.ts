import { describe, expect, test } from 'vitest'
import {
  findByEnvironment,
  type ProcessEntry,
  parsePsLine,
  parseStat,
  readProcess,
  readProcesses,
  readProcessesByPs,
  treeOf,
} from './processes-table.ts'

const entry = (pid: number, parentPid: number, groupPid: number): ProcessEntry => ({
  pid,
  parentPid,
  groupPid,
  startTime: '',
  isZombie: false,
})

describe('the table of processes', () => {
  test('a command with spaces and parentheses does not shift the fields of /proc/<pid>/stat', () => {
    const rest = Array.from({ length: 14 }, (_, i) => i).join(' ')
    expect(parseStat(`77 (a) R 9 (b c) S 5 66 ${rest} 1 2 987654 3`, 'boot')).toEqual({
      pid: 77,
      parentPid: 5,
      groupPid: 66,
      startTime: 'boot/987654',
      isZombie: false,
    })
  })

  test('a line of ps, with the two spaces of a one-digit day', () => {
    expect(parsePsLine('  501     1   501 Ss   Mon Nov  3 09:08:07 2025')).toEqual({
      pid: 501,
      parentPid: 1,
      groupPid: 501,
      startTime: 'Mon Nov 3 09:08:07 2025',
      isZombie: false,
    })
    expect(parsePsLine('')).toBeUndefined()
  })

  test.skipIf(process.platform === 'win32')(
    'this very process is in it, by /proc and by ps',
    () => {
      const expected = { pid: process.pid, parentPid: process.ppid, isZombie: false }
      for (const table of [readProcesses(), readProcessesByPs()]) {
        expect(table.find(({ pid }) => pid === process.pid)).toMatchObject(expected)
      }
      expect(readProcess(process.pid)).toMatchObject(expected)
      expect(readProcess(process.pid)?.startTime).not.toBe(readProcess(1)?.startTime)
    },
  )

  test('a process is never found by its own environment', () => {
    expect(findByEnvironment('PATH', process.env['PATH'] ?? '')).not.toContain(process.pid)
  })
})

describe('the tree of a process', () => {
  const table = [
    entry(30, 20, 30), // a grandchild that leads a group of its own
    entry(10, 1, 10),
    entry(20, 10, 10),
    entry(40, 1, 10), // its parent ended: found by the group
    entry(41, 40, 41),
    entry(50, 1, 50), // a stranger
  ]

  test('is its group and all descendants of both, in whatever order they are listed', () => {
    for (const listed of [table, table.toReversed()]) {
      const pids = new Set(treeOf(listed, 10).map(({ pid }) => pid))
      expect(pids).toEqual(new Set([10, 20, 30, 40, 41]))
    }
  })

  test('never holds this process', () => {
    expect(treeOf([...table, entry(process.pid, 10, 10)], 10)).toHaveLength(5)
  })
})
