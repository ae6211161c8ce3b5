import { defineConfig } from 'vitest/config'

/**
 * What starts processes of its own, listens on free ports and looks at nothing that other programs share (load, multicast,
 * well-known ports): two files at a time have the same answers.
 */
const besideOthers =
  'tests/integration/{cli,engine,fake-engine,gateway,manager,roster}/**/*.test.ts'

/** Units run beside the code in parallel; whatever measures, or needs the machine to itself, runs one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts'],
          testTimeout: 30_000, // a property test on a busy machine
        },
      },
      {
        test: { name: 'sim', include: ['tests/sim/**/*.test.ts'], testTimeout: 120_000 },
      },
      { test: { name: 'tidy', include: ['tests/tidy/**/*.test.ts'] } },
      {
        test: {
          name: 'beside',
          include: [besideOthers],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{contract,integration,attack,namespaces}/**/*.test.ts'],
          exclude: [besideOthers],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
      {
        test: {
          name: 'smollm2',
          include: ['tests/smollm2/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
