import type { Cursor } from './cursor.ts'
import { ggufLimits, refused, shown } from './limits.ts'

/** Where one tensor lies in the file and what it is. */
export interface GgufTensor {
  readonly name: string
  /** Elements per dimension, the innermost first. */
  readonly shape: readonly number[]
  /** Name as Ollama prints it, for example `Q4_K`. */
  readonly type: string
  /** From the start of the file. */
  readonly offsetBytes: number
  readonly sizeBytes: number
}

/** Tensors whose data begins somewhere behind the header: offsets from there, and the elements of all together. */
export interface TensorTable {
  readonly tensors: readonly GgufTensor[]
  readonly parameterCount: number
}

/** A type by its number in the file: its name, how many elements a block has, and how many bytes. */
const tensorTypes: ReadonlyMap<number, readonly [name: string, elements: number, bytes: number]> =
  new Map([
    [0, ['F32', 1, 4]],
    [1, ['F16', 1, 2]],
    [2, ['Q4_0', 32, 18]],
    [3, ['Q4_1', 32, 20]],
    [6, ['Q5_0', 32, 22]],
    [7, ['Q5_1', 32, 24]],
    [8, ['Q8_0', 32, 34]],
    [9, ['Q8_1', 32, 36]],
    [10, ['Q2_K', 256, 84]],
    [11, ['Q3_K', 256, 110]],
    [12, ['Q4_K', 256, 144]],
    [13, ['Q5_K', 256, 176]],
    [14, ['Q6_K', 256, 210]],
    [15, ['Q8_K', 256, 292]],
    [16, ['IQ2_XXS', 256, 66]],
    [17, ['IQ2_XS', 256, 74]],
    [18, ['IQ3_XXS', 256, 98]],
    [19, ['IQ1_S', 256, 50]],
    [20, ['IQ4_NL', 32, 18]],
    [21, ['IQ3_S', 256, 110]],
    [22, ['IQ2_S', 256, 82]],
    [23, ['IQ4_XS', 256, 136]],
    [24, ['I8', 1, 1]],
    [25, ['I16', 1, 2]],
    [26, ['I32', 1, 4]],
    [27, ['I64', 1, 8]],
    [28, ['F64', 1, 8]],
    [29, ['IQ1_M', 256, 56]],
    [30, ['BF16', 1, 2]],
    [34, ['TQ1_0', 256, 54]],
    [35, ['TQ2_0', 256, 66]],
    [39, ['MXFP4', 32, 17]],
    [40, ['NVFP4', 64, 36]],
    [41, ['Q1_0', 128, 18]],
  ])

/** The number of a type that a header was read with. */
export function tensorTypeNumber(name: string): number {
  for (const [number, [known]] of tensorTypes) if (known === name) return number
  throw new TypeError(`no tensor has the type ${name}`)
}

/** How a type keeps numbers: blocks of so many elements in so many bytes. */
export function tensorBlock(name: string): { readonly elements: number; readonly bytes: number } {
  const [, elements, bytes] = tensorTypes.get(tensorTypeNumber(name)) ?? ['', 1, 0]
  return { elements, bytes }
}

/** Bytes of the data of a tensor whose rows fit its type. */
export function tensorBytes(type: string, shape: readonly number[]): number {
  const block = tensorBlock(type)
  return (shape.reduce((product, size) => product * size, 1) / block.elements) * block.bytes
}

/** Name length, number of dimensions, one dimension, type, offset, and a name of one byte. */
const tensorInfoBytesMin = 8 + 4 + 8 + 4 + 8

/** Reads `count` tensor infos. Offsets in the result are relative: the data's start is known only behind the last. */
export function readTensorTable(cursor: Cursor, count: number, alignment: number): TensorTable {
  cursor.planWalk(count, tensorInfoBytesMin)
  const names = new Set<string>()
  const tensors: GgufTensor[] = []
  let parameterCount = 0
  for (let index = 0; index < count; index++) {
    const { elements, ...tensor } = readTensor(cursor)
    if (names.has(tensor.name)) throw refused(`two tensors are named ${shown(tensor.name)}`)
    if (tensor.offsetBytes % alignment !== 0) {
      throw refused(`tensor ${shown(tensor.name)} is not aligned`)
    }
    names.add(tensor.name)
    tensors.push(tensor)
    parameterCount += elements
  }
  if (!Number.isSafeInteger(parameterCount)) throw refused('its tensors have too many elements')
  return { tensors, parameterCount }
}

/** The tensors at their places in the file. Throws when one reaches behind the file's end. */
export function placeTensors(
  tensors: readonly GgufTensor[],
  dataOffsetBytes: number,
  fileSizeBytes: number,
): readonly GgufTensor[] {
  return tensors.map((tensor) => {
    const offsetBytes = dataOffsetBytes + tensor.offsetBytes
    if (offsetBytes + tensor.sizeBytes > fileSizeBytes) {
      throw refused(`tensor ${shown(tensor.name)} reaches behind the end of the file`)
    }
    return { ...tensor, offsetBytes }
  })
}

function readTensor(cursor: Cursor): GgufTensor & { elements: number } {
  const name = cursor.text(ggufLimits.tensorNameBytesMax)
  const dimensions = cursor.uint32()
  if (dimensions < 1 || dimensions > ggufLimits.dimensionsMax) {
    throw refused(`tensor ${shown(name)} has ${dimensions} dimensions`)
  }
  const shape = Array.from({ length: dimensions }, () => cursor.uint64())
  const elements = shape.reduce((product, size) => product * size, 1)
  if (elements < 1) throw refused(`tensor ${shown(name)} is empty`)
  if (!Number.isSafeInteger(elements)) throw refused(`tensor ${shown(name)} is too large`)
  const type = tensorTypes.get(cursor.uint32())
  if (type === undefined) throw refused(`tensor ${shown(name)} has an unknown type`)
  const [typeName, blockElements, blockBytes] = type
  if ((shape[0] ?? 0) % blockElements !== 0) {
    throw refused(`rows of tensor ${shown(name)} do not fit its type`)
  }
  const sizeBytes = (elements / blockElements) * blockBytes
  const offsetBytes = cursor.uint64()
  return { name, shape, type: typeName, offsetBytes, sizeBytes, elements }
}
