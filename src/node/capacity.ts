import type { Hardware } from '../sys/hardware.ts'

/** What a node tells the others of its machine: measured when it started. */
export function capacityOf({ cores, memory, gpus, disks }: Hardware): object {
  const diskFreeBytes = disks.at(-1)?.freeBytes
  return {
    cores,
    memoryBytes: memory.totalBytes,
    gpus: gpus.length,
    ...(diskFreeBytes === undefined ? {} : { diskFreeBytes }),
  }
}
