/** A LoRA adapter with random numbers, for the model in a file: it changes every answer, to nonsense. */
import { withFileReader } from '../../src/sys/files.ts'
import { seededRandom } from '../../src/sys/random.ts'
import { readGgufHeader } from '../../src/wire/gguf/index.ts'
import { writeGguf } from '../../tools/random-gguf/gguf-writer.ts'

const rank = 4

/** Writes it to `path`. */
export function writeRandomLora(path: string, modelFile: string): void {
  const { tensors } = withFileReader(modelFile, readGgufHeader)
  const targets = tensors.filter(({ name }) => name.endsWith('.ffn_down.weight'))
  const random = seededRandom(5)
  const fill = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 4) bytes.writeFloatLE(random.number() - 0.5, at)
  }
  writeGguf(
    path,
    new Map([
      ['general.type', { type: 'string', value: 'adapter' }],
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['adapter.type', { type: 'string', value: 'lora' }],
      ['adapter.lora.alpha', { type: 'float32', value: 16 }],
    ]),
    targets.flatMap(({ name, shape }) => {
      const [inputs = 0, outputs = 0] = shape.map(Number)
      return [
        { name: `${name}.lora_a`, shape: [inputs, rank], type: 'F32', fill },
        { name: `${name}.lora_b`, shape: [rank, outputs], type: 'F32', fill },
      ] as const
    }),
  )
}
