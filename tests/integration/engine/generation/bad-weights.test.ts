import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startRunner } from '../../../../src/engine/runner/index.ts'
import { withFileReader } from '../../../../src/sys/files.ts'
import { readGgufHeader } from '../../../../src/wire/gguf/index.ts'
import { makeTemporaryDirectory } from '../../../support/temporary-directory.ts'

const pocket = 'assets/pocket/pocket.gguf'

test('weights whose output is no number are refused when they are loaded', async () => {
  const directory = await makeTemporaryDirectory()
  const path = directory.inside('broken.gguf')
  const tensor = withFileReader(pocket, (read, sizeBytes) =>
    readGgufHeader(read, sizeBytes).tensors.find(({ name }) => name === 'output_norm.weight'),
  )
  if (tensor === undefined) throw new Error('no such tensor')
  copyFileSync(pocket, path)
  const file = openSync(path, 'r+')
  // All bits set is NaN in every format of floating-point numbers.
  writeSync(file, Buffer.alloc(tensor.sizeBytes, 0xff), 0, tensor.sizeBytes, tensor.offsetBytes)
  closeSync(file)

  const runner = startRunner()
  const shape = {
    contextTokens: 64,
    parallel: 1,
    batchTokens: 64,
    threadCounts: [1],
    gpuLayers: -1,
  }
  try {
    await expect(runner.load({ path, ...shape })).rejects.toMatchObject({
      code: 'OD_MODEL_LOAD',
      message: 'unable to load model: the output of its first step is no number',
    })
  } finally {
    runner.kill()
    await directory.remove()
  }
})
