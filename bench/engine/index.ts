/** Our engine against llama.cpp's own server of the same release: same file, same threads, rounds in turn. */
import { join } from 'node:path'
import { smollm2 } from '../../tests/smollm2/weights.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { writeRandomModel } from '../../tools/random-gguf/random-model.ts'
import { type Arm, ownArm, serverArm } from './arms.ts'
import { measures } from './measures.ts'

const rounds = 5

/** 15 million random weights. */
const smallModel = { layers: 6, width: 384, contextTokens: 8192 }

/** Prints medians, ratios and their spread. Throws when the weights or the server are not there. */
export async function benchEngine(): Promise<void> {
  const program = process.env['LLAMA_SERVER']
  if (program === undefined) {
    throw new Error('LLAMA_SERVER must name a llama-server of the release that our libraries have')
  }
  const weights = await smollm2()
  if (!('path' in weights)) throw new Error(weights.missing)
  const directory = await makeTemporaryDirectory()
  try {
    const small = join(directory.path, 'small.gguf')
    writeRandomModel(small, smallModel)
    for (const threads of [1, 2]) {
      await compare('SmolLM2 135M Q4_1', weights.path, program, threads)
      await compare('random 15M Q8_0', small, program, threads)
    }
  } finally {
    await directory.remove()
  }
}

async function compare(name: string, weights: string, program: string, threads: number) {
  console.log(`\n${name}, ${threads} thread${threads > 1 ? 's' : ''}`)
  const arms = [await serverArm(program, weights, threads), await ownArm(weights, threads)]
  try {
    for (const arm of arms) await arm.ask('Warms up. '.repeat(20), 8)
    for (const measure of measures) {
      const seen = new Map<Arm, number[]>(arms.map((arm) => [arm, []]))
      for (let round = 0; round < rounds; round++) {
        for (const arm of arms) seen.get(arm)?.push(await measure.take(arm, round))
      }
      print(measure.name, measure.unit, [...seen.values()])
    }
  } finally {
    for (const arm of arms) await arm.stop()
  }
}

/** Of times the inverse ratio: above 1 is better for us everywhere. */
function print(name: string, unit: string, [theirs = [], ours = []]: readonly number[][]): void {
  const ratios = ours.map((own, round) => {
    const other = theirs[round] ?? Number.NaN
    return unit === 'ms' ? other / own : own / other
  })
  const figures = `ours ${median(ours).toFixed(1)}, llama-server ${median(theirs).toFixed(1)} ${unit}`
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
  console.log(`  ${name}: ratio ${median(ratios).toFixed(2)} [${spread}] (${figures})`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
