/**
 * Changes a store again and again, until it is killed; prints a line for every step. Arguments: model directory, weights.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { parseModelName } from '../../../../src/core/model-name.ts'
import { quantizeTensors } from '../../../../src/engine/quantizer/index.ts'
import { openModelStore } from '../../../../src/models/index.ts'
import { systemClock } from '../../../../src/sys/clock.ts'
import { silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'

const [modelDir = '', weightsFile = ''] = process.argv.slice(2)
const weights = readFileSync(weightsFile)
const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
const name = (text: string) => {
  const parsed = parseModelName(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}
const step = (text: string) => writeSync(1, `${text}\n`)

async function* pieces() {
  for (let at = 0; at < weights.length; at += 500_000) {
    step('piece')
    yield weights.subarray(at, at + 500_000)
  }
}

const options = {
  modelDir,
  disk: systemDisk,
  quantizer: quantizeTensors,
  clock: systemClock,
  log: silentLog,
}
const store = await openModelStore(options)
for (let round = 0; ; round += 1) {
  step('round')
  await store.receiveBlob({ expected: digest, chunks: pieces(), sizeBytes: weights.length })
  const texts = () => ({
    template: '',
    system: `round ${round}`,
    licenses: ['a licence'],
    parameters: { seed: round },
    messages: '',
  })
  const source = { files: new Map([['m.gguf', digest]]) }
  const named = { renderer: '', parser: '', requires: '' }
  await store.create(
    name('one'),
    { source, adapters: new Map(), quantize: '', ...named, texts },
    ({ status }) => step(status),
    new AbortController().signal,
  )
  step('copy')
  await store.copy(name('one'), name('two'))
  step('remove')
  await store.remove(name('one'))
  step('remove')
  await store.remove(name('two'))
}
