import { describe, expect, test } from 'vitest'
import { TransferPage } from './transfer-page.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const file = (completed: number, total = 1_000_000) => {
  const status = 'pulling abababababab'
  return { status, digest, total, ...(completed === 0 ? {} : { completed }) }
}

describe('a page of progress', () => {
  test('steps are lines, a file is a bar that grows', () => {
    const page = new TransferPage()
    page.add({ status: 'pulling manifest' }, 0)
    page.add(file(0), 0)
    page.add(file(250_000), 1_000)
    page.add(file(500_000), 2_000)
    const [first, bar = ''] = page.lines(100)
    expect(first).toBe('pulling manifest')
    const [, full = '', empty = ''] =
      /^pulling abababababab: {2}50% ▕(█+)( +)▏ 500 KB\/1 MB 250 KB\/s 2s$/.exec(bar) ?? []
    expect(full.length).toBeGreaterThan(10)
    expect(Math.abs(full.length - empty.length)).toBeLessThan(2)
  })

  test('a file that is there shows its size', () => {
    const page = new TransferPage()
    page.add(file(1_000_000), 0)
    expect(page.lines(80)[0]).toMatch(/^pulling abababababab: 100% ▕█+▏ {6}1 MB$/)
  })

  test('a narrow terminal gets figures alone, cut at its width', () => {
    const page = new TransferPage()
    page.add(file(500_000), 0)
    expect(page.lines(45)).toEqual(['pulling abababababab:  50% 500 KB/1 MB'])
    expect(page.lines(12)).toEqual(['pulling abab'])
  })

  test('an empty file is whole', () => {
    const page = new TransferPage()
    page.add(file(0, 0), 0)
    expect(page.lines(45)[0]).toMatch(/100%/)
  })

  test('what no file is, or moves a cursor, is not shown', () => {
    const page = new TransferPage()
    page.add({}, 0)
    page.add({ status: '\u001b[2Jdone' }, 0)
    expect(page.lines(80)).toEqual(['[2Jdone'])
  })

  test('the time left is of the newest seconds', () => {
    const page = new TransferPage()
    for (let second = 0; second <= 30; second++) page.add(file(second * 10_000), second * 1_000)
    expect(page.lines(100)[0]).toMatch(/10 KB\/s 1m10s$/)
  })
})
