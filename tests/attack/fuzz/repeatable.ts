import * as fc from 'fast-check'

/** Seed of a run, and the path to one case of it; as `OD_TEST_FUZZ_SEED` they stand with a slash between. */
function readSeed(): { readonly seed: number; readonly path?: string } {
  const [seed = '1', path] = (process.env['OD_TEST_FUZZ_SEED'] ?? '1').split('/')
  return { seed: Number(seed), ...(path === undefined ? {} : { path }) }
}

/** Runs a property; a failure says the smallest case, why it failed, and what to set so that it alone is run again. */
export async function assertRepeatably<Values>(
  property: fc.IRawProperty<Values>,
  runs: number,
): Promise<void> {
  const { path } = readSeed()
  const parameters: fc.Parameters<Values> = {
    ...readSeed(),
    numRuns: path === undefined ? runs : 1,
    endOnFailure: path !== undefined,
    interruptAfterTimeLimit: Math.max(20_000, runs * 60), // a case that hangs is not made small for ever
    markInterruptAsFailure: true,
  }
  const { failed, seed, counterexamplePath, counterexample, errorInstance } = await fc.check(
    property,
    parameters,
  )
  if (!failed) return
  const again = `OD_TEST_FUZZ_SEED=${seed}/${counterexamplePath ?? ''}`
  throw new Error(
    `${again}: ${shortened(String(errorInstance))}\n${shortened(JSON.stringify(counterexample))}`,
  )
}

/** Cases by the seed alone. */
export function sampleRepeatably<Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(arbitrary, { seed: readSeed().seed, numRuns: count })
}

/** Long runs of the same in short. */
function shortened(text: string): string {
  const short = text.replaceAll(
    /(.{1,8}?)\1{19,}/g,
    (run, one: string) => `${one}{×${run.length / one.length}}`,
  )
  return short.length > 4_000 ? `${short.slice(0, 4_000)}…` : short
}
