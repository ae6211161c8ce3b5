import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { placesOf } from '../../src/config/places.ts'

const load = createRequire(import.meta.url)
const { flagOf, portOf, startLine } = load('./flags.cjs') as {
  readonly flagOf: (args: readonly string[], name: string) => string | undefined
  readonly portOf: (args: readonly string[], name: string) => number | undefined
  readonly startLine: (args: readonly string[], name: string, value: string | number) => string
}
const { platformDataDir } = load('./places.cjs') as {
  readonly platformDataDir: (
    env: Record<string, string>,
    homeDir: string,
    platform: string,
  ) => string
}

test('flags are read in both spellings, and the last one wins', () => {
  expect(flagOf(['--port', '1', '--listen=::1', '--port=2'], '--port')).toBe('2')
  expect(flagOf(['--port', '1', '--listen=::1'], '--listen')).toBe('::1')
  expect(flagOf(['--portable', '1'], '--port')).toBeUndefined()
  expect(flagOf(['--port'], '--port')).toBeUndefined()
})

test('what is no port is left to the program', () => {
  const read = ['0', '8080', '65535', '65536', '-1', '8e3', ''].map((text) =>
    portOf(['--port', text], '--port'),
  )
  expect(read).toEqual([0, 8080, 65_535, undefined, undefined, undefined, undefined])
})

test('the line to copy keeps the other flags and is safe to paste', () => {
  const args = ['--port=1', '--data-dir', "it's; rm", '--port', '2', '--accept-open']
  expect(startLine(args, '--port', 8081)).toBe(
    `npm start -- --data-dir 'it'\\''s; rm' --accept-open --port 8081`,
  )
})

test.each([
  ['linux', {}],
  ['linux', { XDG_DATA_HOME: '/mnt/data' }],
  ['linux', { XDG_DATA_HOME: 'relative' }],
  ['darwin', {}],
])('the launcher looks for a running node where the program writes: %s %j', (platform, env) => {
  const surroundings = { env, cwd: '/', homeDir: '/home/ann', platform }
  expect(platformDataDir(env, '/home/ann', platform)).toBe(placesOf(surroundings).platformDataDir)
})
