/** Room on the disk of a store, and what its failures are called. */
import { join } from 'node:path'
import { formatByteSize } from '../core/byte-size.ts'
import { OdError } from '../core/errors/index.ts'
import { isErrno } from '../sys/files.ts'
import { isRefused, lackingRight } from '../sys/lacking-right.ts'

const usualBounds: StoreBounds = { quotaBytes: 0, reserveBytes: 512 * 1024 * 1024 }

/** How often a running transfer looks at the disk again: others write too. */
const lookEveryBytes = 64 * 1024 * 1024

/** The disk of a store, and names for files on it. */
export interface Disk {
  /** Bytes that may still be written below a folder. */
  freeBytes(folder: string): Promise<number>
  /** What the files in a folder take of the disk; holes in them take nothing. */
  usedBytes(folder: string): Promise<number>
  /** Text that no other file's name has. */
  uniqueText(): string
  /** Absent: no quota, and the reserve that is usual. */
  readonly bounds?: StoreBounds
}

/** What models may take, in bytes. */
export interface StoreBounds {
  /** All files together; 0: as much as there is. */
  readonly quotaBytes: number
  /** Disk that is left free: for logs, for the state of this node, for what other programs write meanwhile. */
  readonly reserveBytes: number
}

/** Watches the room for blobs of one model directory while something is written there. */
export class Room {
  readonly #folder: string
  readonly #disk: Disk
  #unseenBytes = lookEveryBytes

  constructor(modelDir: string, disk: Disk) {
    this.#folder = join(modelDir, 'blobs')
    this.#disk = disk
  }

  /** Throws `OD_DISK_FULL` when so many bytes and the reserve do not fit, `OD_MODEL_QUOTA` when models may not take so many more. */
  async needAll(bytes: number): Promise<void> {
    const { quotaBytes, reserveBytes } = this.#disk.bounds ?? usualBounds
    const free = await this.#disk.freeBytes(this.#folder)
    if (bytes > free - reserveBytes) throw new OdError('OD_DISK_FULL')
    if (quotaBytes === 0 || bytes === 0) return
    const used = await this.#disk.usedBytes(this.#folder)
    if (used + bytes <= quotaBytes) return
    throw new OdError('OD_MODEL_QUOTA', {
      quota: formatByteSize(quotaBytes),
      used: formatByteSize(used),
      needed: formatByteSize(bytes),
    })
  }

  /** To be told of all that is about to be written. Throws as `needAll`. */
  async need(bytes: number): Promise<void> {
    this.#unseenBytes += bytes
    if (this.#unseenBytes < lookEveryBytes) return
    this.#unseenBytes = 0
    await this.needAll(bytes)
  }
}

/** A full disk, a lost right and a read-only disk have errors of their own; everything else is thrown on. */
export async function asStoreFailure(error: unknown): Promise<never> {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    if (isErrno(error, code)) throw new OdError('OD_DISK_FULL', {}, { cause: error })
  }
  if (isErrno(error, 'EROFS')) {
    throw new OdError('OD_STORE_UNWRITABLE', { reason: 'read-only' }, { cause: error })
  }
  if (isRefused(error)) {
    const reason = await lackingRight(error, 'write')
    throw new OdError('OD_STORE_UNWRITABLE', { reason }, { cause: error })
  }
  if (isErrno(error, 'ENOENT') && (error as NodeJS.ErrnoException).syscall === 'mkdir') {
    // what Node says of a missing folder on a read-only disk
    throw new OdError('OD_STORE_UNWRITABLE', { reason: 'no folder can be made' }, { cause: error })
  }
  throw error
}

/** A file that may not be read has an error of its own; everything else is thrown on. */
export async function asUnreadable(error: unknown): Promise<never> {
  if (!isRefused(error)) throw error
  const reason = await lackingRight(error, 'read')
  throw new OdError('OD_STORE_UNREADABLE', { reason }, { cause: error })
}
