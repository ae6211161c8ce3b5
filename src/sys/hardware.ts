/** What this machine is made of, as far as it matters for models. Asked for, never assumed. */
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { availableMemoryBytes } from './machine.ts'

/** A graphics processor. What the system does not tell is absent. */
export interface Gpu {
  readonly vendor: string
  readonly model: string
  readonly memoryBytes?: number
  /** True where it works in the machine's own memory: Apple's chips, graphics inside a processor. */
  readonly isUnified: boolean
}

/** The file system that a folder lies on. */
export interface DiskSpace {
  readonly path: string
  readonly totalBytes: number
  /** What this user may still write. */
  readonly freeBytes: number
}

export interface Hardware {
  /** What the maker calls the processor; empty where the system does not tell. */
  readonly processor: string
  /** Cores that this process may use; a container's limit counts. */
  readonly cores: number
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number }
  readonly gpus: readonly Gpu[]
  /** One for each folder asked about that the system knows of. */
  readonly disks: readonly DiskSpace[]
}

/** Looks at the machine. The list of graphics processors asks other programs and takes up to some seconds. */
export async function readHardware(folders: readonly string[]): Promise<Hardware> {
  const [gpus, disks] = await Promise.all([readGpus(), Promise.all(folders.map(readDisk))])
  return {
    processor: cpus()[0]?.model.trim() ?? '',
    cores: availableParallelism(),
    memory: { totalBytes: memoryTotalBytes(), availableBytes: availableMemoryBytes() },
    gpus,
    disks: disks.filter((disk) => disk !== undefined),
  }
}

/** Of the machine, or of the container where that is less. */
function memoryTotalBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

const bytesPerMiB = 1024 * 1024

/** Through one of these a program on Linux computes on a graphics processor; WSL and Jetson have their own. */
const gpuDevices = ['/dev/dri', '/dev/kfd', '/dev/nvidiactl', '/dev/dxg', '/dev/nvhost-ctrl']

async function readGpus(): Promise<Gpu[]> {
  if (process.platform === 'linux' && !gpuDevices.some((path) => existsSync(path))) return []
  const { graphics } = await import('systeminformation') // large, and few commands need it
  const { controllers } = await graphics()
  return controllers
    .filter(({ vendor, model }) => vendor !== '' || model !== '')
    .map(({ vendor, model, vram, vramDynamic, memoryTotal }) => {
      const mebibytes = memoryTotal ?? vram ?? 0
      return {
        vendor,
        model,
        isUnified: vramDynamic || vendor.startsWith('Apple'),
        ...(mebibytes > 0 ? { memoryBytes: mebibytes * bytesPerMiB } : {}),
      }
    })
}

/** Of the nearest folder that exists. */
async function readDisk(path: string): Promise<DiskSpace | undefined> {
  const facts = await statfs(path).catch(() => undefined)
  if (facts === undefined) {
    const parent = dirname(path)
    const found = parent === path ? undefined : await readDisk(parent)
    return found && { ...found, path }
  }
  const { blocks, bavail, bsize } = facts
  return { path, totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}
