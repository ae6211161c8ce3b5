/** A copy of the tree, in which code is broken and tests are run. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestResult } from '../docs/conformance.ts'
import { readReport } from '../docs/report.ts'

/** One small change that breaks something. */
export interface Break {
  /** What is broken, in words. */
  readonly what: string
  readonly file: string
  /** Text that stands in the file once, and what takes its place. */
  readonly find: string
  readonly replace: string
}

export const root = resolve(import.meta.dirname, '../..')

/** Copies the tree as it stands, changes that are not committed included. Disposing removes the copy. */
export class TreeCopy implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'od-drill-'))

  constructor() {
    const list = ['ls-files', '-z', '-co', '--exclude-standard']
    for (const file of execFileSync('git', list, { cwd: root }).toString().split('\0')) {
      if (file !== '') cpSync(resolve(root, file), join(this.path, file))
    }
    symlinkSync(resolve(root, 'node_modules'), join(this.path, 'node_modules'))
    execFileSync('git', ['init', '-q'], { cwd: this.path }) // some tests clone the tree that they stand in
  }

  /** Breaks it; disposing of what it gives mends it. Throws when the break does not fit its file any more. */
  break({ file, find, replace }: Break): Disposable {
    const path = join(this.path, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(find)) throw new Error(`the break does not fit ${file} any more`)
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    return { [Symbol.dispose]: () => writeFileSync(path, text) }
  }

  /** Runs Node in it. */
  run(...args: string[]): void {
    spawnSync(process.execPath, args, { cwd: this.path, encoding: 'utf8' })
  }

  /** Runs tests in it. `args`: files and options of the test runner. */
  test(...args: string[]): TestResult[] {
    const report = join(this.path, 'report.json')
    const vitest = resolve(root, 'node_modules/vitest/vitest.mjs')
    this.run(vitest, 'run', ...args, '--reporter=json', `--outputFile=${report}`)
    return readReport(report, this.path)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
