/** Quantizes a file in a store and prints the lines of progress. Arguments: model directory, weights. */
import { createHash } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { quantizeTensors } from '../../../../src/engine/quantizer/index.ts'
import { openModelStore } from '../../../../src/models/index.ts'
import { systemClock } from '../../../../src/sys/clock.ts'
import { silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'

const [modelDir = '', weightsFile = ''] = process.argv.slice(2)
const weights = readFileSync(weightsFile)
const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`

const store = await openModelStore({
  modelDir,
  disk: systemDisk,
  quantizer: quantizeTensors,
  clock: systemClock,
  log: silentLog,
})
async function* whole() {
  yield weights
}
await store.receiveBlob({ expected: digest, chunks: whole(), sizeBytes: weights.length })
await store.create(
  { host: 'h', namespace: 'n', model: 'm', tag: 't' },
  {
    source: { files: new Map([['m.gguf', digest]]) },
    adapters: new Map(),
    quantize: 'q4_K_M',
    renderer: '',
    parser: '',
    requires: '',
    texts: () => ({ template: '', system: '', licenses: [], parameters: {}, messages: '' }),
  },
  ({ status }) => writeSync(1, `${status}\n`),
  new AbortController().signal,
)
