/** What the machine's facts mean for engines and models. Pure. */
import { formatByteSize } from '../../core/byte-size.ts'
import type { Gpu, Hardware } from '../../sys/hardware.ts'
import type { Finding } from './finding.ts'

/** Source: the integration guide, "Resource Planning": 4+ cores per instance, 8 GB per 7B model, 10 GB of disk per model. */
const guide = {
  coresPerEngine: 4,
  bytesPerParameter: 8 / 7,
  diskBytesPerModel: 10e9,
} as const

/** `engines`: how many share the machine. */
export function hardwareFindings(hardware: Hardware, engines: number): Finding[] {
  const { memory, gpus, disks } = hardware
  return [
    coresFinding(hardware, engines),
    {
      topic: 'memory',
      state: 'ok',
      text: `${formatByteSize(memory.availableBytes)} of ${formatByteSize(memory.totalBytes)} available: models of up to about ${parametersThatFit(memory.availableBytes)} B parameters`,
    },
    {
      topic: 'graphics',
      state: 'ok',
      text: gpus.length === 0 ? 'no graphics processor was found' : gpus.map(gpuText).join('; '),
    },
    ...disks.map(
      ({ path, freeBytes, totalBytes }): Finding => ({
        topic: 'disk',
        text: `${formatByteSize(freeBytes)} of ${formatByteSize(totalBytes)} free at ${path}`,
        ...(freeBytes >= guide.diskBytesPerModel
          ? { state: 'ok' }
          : {
              state: 'warning',
              fix: `A model takes up to ${formatByteSize(guide.diskBytesPerModel)}: delete what is not needed, or give ollama.model_dir a folder on another disk.`,
            }),
      }),
    ),
  ]
}

/** Billions of parameters of the largest model that the guide would give so much memory, to one place. */
export function parametersThatFit(memoryBytes: number): number {
  return Math.floor((memoryBytes / guide.bytesPerParameter / 1e9) * 10) / 10
}

function coresFinding({ cores, processor }: Hardware, engines: number): Finding {
  const shared = engines === 1 ? 'one engine' : `${engines} engines`
  const text = `${cores} for ${shared}${processor === '' ? '' : ` (${processor})`}`
  if (cores >= guide.coresPerEngine * engines) return { topic: 'cores', state: 'ok', text }
  return {
    topic: 'cores',
    state: 'warning',
    text,
    fix: `At least ${guide.coresPerEngine} for each engine are recommended: answers will be slow with large models.`,
  }
}

function gpuText({ vendor, model, memoryBytes, isUnified }: Gpu): string {
  const name = model.startsWith(vendor) ? model : `${vendor} ${model}`.trim()
  if (isUnified) return `${name}, shares the machine's memory`
  return memoryBytes === undefined ? name : `${name}, ${formatByteSize(memoryBytes)}`
}
