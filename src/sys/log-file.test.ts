import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../tests/support/temporary-directory.ts'
import { until } from '../../tests/support/until.ts'
import { LogFile } from './log-file.ts'

async function temporary(): Promise<TemporaryDirectory> {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  return directory
}

const numbered = Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`)

test('lines appear in their order by themselves, behind what the file held', async () => {
  const file = (await temporary()).inside('deep/down/node.log')
  const first = new LogFile(file)
  first.write('first\n')
  await until('the first line', () => readFileSync(file, 'utf8') === 'first\n')
  const second = new LogFile(file)
  for (const line of numbered) second.write(line)
  await until('the last line', () => readFileSync(file, 'utf8').endsWith(numbered.at(-1) ?? ''))
  expect(readFileSync(file, 'utf8')).toBe(`first\n${numbered.join('')}`)
})

test('a process that ends at once has written all', async () => {
  const directory = await temporary()
  const program = `
    import { LogFile } from ${JSON.stringify(new URL('./log-file.ts', import.meta.url).href)}
    const file = new LogFile(${JSON.stringify(directory.inside('node.log'))})
    for (let i = 0; i < ${numbered.length}; i++) file.write('line ' + i + '\\n')
    process.exit(3)`
  writeFileSync(directory.inside('program.mjs'), program)
  expect(() => execFileSync(process.execPath, [directory.inside('program.mjs')])).toThrow(
    expect.objectContaining({ status: 3 }),
  )
  expect(readFileSync(directory.inside('node.log'), 'utf8')).toBe(numbered.join(''))
})

test('a file that has grown large is moved aside', async () => {
  const file = (await temporary()).inside('node.log')
  writeFileSync(file, Buffer.alloc(16 * 1024 * 1024 + 1, 'x'))
  new LogFile(file).write('fresh\n')
  await until('the line', () => readFileSync(file, 'utf8') === 'fresh\n')
  expect(readFileSync(`${file}.1`)).toHaveLength(16 * 1024 * 1024 + 1)
})
