/** Room on the disk of a store, and what its failures are called. */
import { OdError } from '../core/errors/index.ts'
import { isErrno } from '../sys/files.ts'

/** Disk that transfers leave free: for logs, for the state of this node, for what other programs write meanwhile. */
const reserveBytes = 512 * 1024 * 1024

/** How often a running transfer looks at the disk again: others write too. */
const lookEveryBytes = 64 * 1024 * 1024

/** The disk of a store, and names for files on it. */
export interface Disk {
  /** Bytes that may still be written below a folder. */
  freeBytes(folder: string): Promise<number>
  /** Text that no other file's name has. */
  uniqueText(): string
}

/** Watches the room in one folder while something is written there. */
export class Room {
  readonly #folder: string
  readonly #disk: Disk
  #unseenBytes = lookEveryBytes

  constructor(folder: string, disk: Disk) {
    this.#folder = folder
    this.#disk = disk
  }

  /** Throws `OD_DISK_FULL` when so many bytes and the reserve do not fit. */
  async needAll(bytes: number): Promise<void> {
    if (bytes > (await this.#leftBytes())) throw new OdError('OD_DISK_FULL')
  }

  /** To be told of all that is about to be written. Throws `OD_DISK_FULL`. */
  async need(bytes: number): Promise<void> {
    this.#unseenBytes += bytes
    if (this.#unseenBytes < lookEveryBytes) return
    this.#unseenBytes = 0
    await this.needAll(bytes)
  }

  async #leftBytes(): Promise<number> {
    return (await this.#disk.freeBytes(this.#folder)) - reserveBytes
  }
}

const refusals = { EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'read-only' }

/** A full disk, a lost right and a read-only disk have errors of their own; everything else is thrown on. */
export function asStoreFailure(error: unknown): never {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    if (isErrno(error, code)) throw new OdError('OD_DISK_FULL', {}, { cause: error })
  }
  for (const [code, reason] of Object.entries(refusals)) {
    if (isErrno(error, code)) throw new OdError('OD_STORE_UNWRITABLE', { reason }, { cause: error })
  }
  if (isErrno(error, 'ENOENT') && (error as NodeJS.ErrnoException).syscall === 'mkdir') {
    // what Node says of a missing folder on a read-only disk
    throw new OdError('OD_STORE_UNWRITABLE', { reason: 'no folder can be made' }, { cause: error })
  }
  throw error
}
