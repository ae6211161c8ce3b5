import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** What has a narrow bound on the time of the product, or fills the machine, has the machine to itself. */
const alone = [
  'tests/attack/{connections,fuzz/two-nodes}.test.ts',
  'tests/e2e/warm-start.test.ts',
  'tests/integration/across/{availability,door,lists,pocket-kills}.test.ts',
  'tests/integration/engine/damage/damaged-files.test.ts',
  'tests/integration/node/{engine-faults,leaving,twenty-nodes,untaken}.test.ts',
  'tests/namespaces/join.test.ts',
  'tests/smollm2/cancel.test.ts',
]

/** Those that take longest begin first, so that none of them is left over at the end. */
const longest = [
  'tests/contract/golden/embedded*.test.ts',
  'tests/smollm2/greedy.test.ts',
  'tests/e2e/{clone,launcher}.test.ts',
  'tests/integration/across/chaos.test.ts',
  'tests/namespaces/reach.test.ts',
  'tests/attack/framing.test.ts',
]

/**
 * What starts its own processes on free ports, with a network of its own where it needs one, has the same answers beside
 * others. A file waits half of its time, so that three at a time keep two cores at work. Hundreds of programs are started
 * from the same source: what V8 has compiled of it is kept. (What is alone starts as on a user's machine.)
 */
const beside = {
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
  env: {
    NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/od/compiled', import.meta.url)),
  },
}

/** Within a group the projects go by their names, so that the units are last. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts'],
          testTimeout: 30_000, // a property test on a busy machine
          ...beside,
        },
      },
      {
        test: { name: 'sim', include: ['tests/sim/**/*.test.ts'], testTimeout: 120_000, ...beside },
      },
      { test: { name: 'tidy', include: ['tests/tidy/**/*.test.ts'], ...beside } },
      {
        test: {
          name: 'beside (longest)',
          include: longest,
          globalSetup: 'tests/smollm2/fetch.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          ...beside,
        },
      },
      {
        test: {
          name: 'beside others',
          include: ['tests/{attack,contract,e2e,integration,namespaces,smollm2}/**/*.test.ts'],
          exclude: [...longest, ...alone],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...beside,
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'long',
          include: ['tests/long/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
