import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { installBundledModel } from './bundled.ts'

const folder = mkdtempSync(join(tmpdir(), 'od-bundled-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const install = () =>
  installBundledModel({
    assets: 'assets/pocket',
    name: 'pocket',
    modelDir: folder,
    markFile: join(folder, 'mark'),
  })

test('the bundled model is installed once, mended where its weights are gone, and left away where a person removed it', async () => {
  expect(await install()).toBe('installed')
  const blobs = readdirSync(join(folder, 'blobs'))
  rmSync(join(folder, 'blobs'), { recursive: true })
  expect(await install()).toBe('kept')
  const weights = readdirSync(join(folder, 'blobs'))
  expect(weights).toHaveLength(1)
  expect(blobs).toContain(weights[0])
  rmSync(join(folder, 'manifests'), { recursive: true })
  rmSync(join(folder, 'blobs'), { recursive: true })
  expect(await install()).toBe('kept')
  expect(existsSync(join(folder, 'blobs'))).toBe(false)
})
