/** Entry of the quantizer process: reads tensors, converts them block by block, and writes them to standard output in order. */
import { withFileReader } from '../../sys/files.ts'
import { endOutput, parentChannel, writeOutput } from '../../sys/worker-process.ts'
import { type TensorWork, tensorBlock } from '../../wire/gguf/index.ts'
import { type Converter, openConverter } from './ggml.ts'
import type { FromQuantizer, ToQuantizer } from './protocol.ts'

/** Elements that are converted at once: a multiple of every block, and 4 MiB as 32-bit numbers. */
const stepElements = 1024 * 1024

type Read = (offset: number, length: number) => Uint8Array

const send = parentChannel<ToQuantizer, FromQuantizer>((work) => {
  quantize(work).catch((error: unknown) => {
    send({ reason: error instanceof Error ? error.message : String(error) })
  })
})

async function quantize({ path, tensors, threads }: ToQuantizer): Promise<void> {
  const converter = openConverter(tensors.flatMap(({ from, to }) => [from, to]))
  const read: Read = (offset, length) => {
    const bytes = withFileReader(path, (readAt) => readAt(offset, length))
    if (bytes.length < length) throw new Error('the file of the weights ends too soon')
    return bytes
  }
  const running: Promise<Uint8Array>[] = []
  const writeNext = async () => writeOutput((await running.shift()) ?? new Uint8Array(0))
  for (const step of stepsOf(tensors)) {
    if (running.length >= threads) await writeNext()
    const converted = convert(converter, read, step)
    converted.catch(() => undefined) // it is heard of in its turn
    running.push(converted)
  }
  while (running.length > 0) await writeNext()
  await endOutput()
}

/** A tensor in pieces. What is converted does not depend on where it is cut, because the cuts lie between blocks. */
function* stepsOf(tensors: readonly TensorWork[]): Generator<TensorWork> {
  for (const tensor of tensors) {
    const block = tensorBlock(tensor.from)
    for (let at = 0; at < tensor.elements; at += stepElements) {
      const elements = Math.min(stepElements, tensor.elements - at)
      const offsetBytes = tensor.offsetBytes + (at / block.elements) * block.bytes
      const isLast = at + elements === tensor.elements
      const paddingBytes = isLast ? tensor.paddingBytes : 0
      yield { ...tensor, offsetBytes, elements, paddingBytes }
    }
  }
}

async function convert(
  converter: Converter,
  read: Read,
  { offsetBytes, elements, from, to, paddingBytes }: TensorWork,
): Promise<Uint8Array> {
  const block = tensorBlock(from)
  const bytes = read(offsetBytes, (elements / block.elements) * block.bytes)
  const data =
    from === to ? bytes : await converter.fromFloats(to, await converter.toFloats(from, bytes))
  return paddingBytes === 0 ? data : Buffer.concat([data, Buffer.alloc(paddingBytes)])
}
