import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dropUnfinished } from './sequences.ts'

test('what a kill left half written is dropped, what was finished stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'od-sequences-'))
  const whole = 'a'.repeat(32)
  for (const name of ['.tmp-0a1b2c', whole]) await writeFile(join(folder, name), 'x')
  await dropUnfinished(folder)
  expect(await readdir(folder)).toEqual([whole])
  await rm(folder, { recursive: true })
  await expect(dropUnfinished(folder)).resolves.toBeUndefined()
})
