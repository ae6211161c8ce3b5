import { join } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { isErrno } from '../../sys/files.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'
import { makePrivateFolder, openSpoolFile, type SpoolFile } from '../../sys/spool-file.ts'
import { fileNamesIn, removeFile, systemDisk } from '../../sys/store-files.ts'
import { type GatewayLimits, gatewayLimits } from '../limits.ts'
import { Budget } from './budget.ts'

type SpoolLimits = Pick<
  GatewayLimits,
  'heldBodiesBytesMax' | 'spooledBodiesBytesMax' | 'spoolReserveBytes'
>

export interface SpoolOptions {
  /** Made when it is absent. What an earlier process left there is removed. */
  readonly folder: string
  readonly log: Log
  readonly random: Random
  /** Tests make them small. */
  readonly limits?: Partial<SpoolLimits>
}

/** How the files are called while they have a name. */
const namePrefix = 'body-'

/** Bytes of randomness in a name. */
const nameBytes = 8

/** How often a body that grows looks at the disk again: others write too. */
const diskCheckEveryBytes = 64 * 1024 * 1024

/**
 * Where bodies are that are too long to be held in memory, of the clients of this node and of other nodes alike: in files
 * without a name, bounded together, that leave the disk some room.
 */
export class Spool {
  /** Memory for bodies, and for outlines of those on disk. */
  readonly held: Budget
  readonly onDisk: Budget
  readonly #options: SpoolOptions
  readonly #limits: SpoolLimits

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#limits = { ...gatewayLimits, ...options.limits }
    this.held = new Budget(this.#limits.heldBodiesBytesMax)
    this.onDisk = new Budget(this.#limits.spooledBodiesBytesMax)
  }

  /** Removes what a process that was killed in the wrong moment left behind. Never throws. */
  async sweep(): Promise<void> {
    const { folder, log } = this.#options
    for (const name of await fileNamesIn(folder)) {
      if (!name.startsWith(namePrefix)) continue
      await removeFile(join(folder, name)).catch((error: Error) => {
        log.warn({ folder, cause: error.message }, 'spool.sweep.failed')
      })
    }
  }

  /**
   * A place for a body of so many bytes, as far as its sender says. Throws OD_BODY_DISK_FULL where they, or any at all, are
   * not to be had, and OD_BODY_DISK_FAILED.
   */
  async place(declaredBytes: number): Promise<SpoolPlace> {
    const { folder, random } = this.#options
    try {
      await makePrivateFolder(folder)
      await this.checkRoom(declaredBytes)
      const file = await openSpoolFile(join(folder, `${namePrefix}${random.hex(nameBytes)}`))
      return new SpoolPlace(this, file)
    } catch (error) {
      throw this.told(error)
    }
  }

  /** Throws OD_BODY_DISK_FULL, or the system's error. */
  async checkRoom(bytes: number): Promise<void> {
    const freeBytes = await systemDisk.freeBytes(this.#options.folder)
    if (freeBytes - this.#limits.spoolReserveBytes >= bytes) return
    throw new OdError('OD_BODY_DISK_FULL', {}, { detail: `${freeBytes} bytes are free` })
  }

  /** The error for the client; its cause goes to the log. */
  told(error: unknown): OdError {
    const { folder, log } = this.#options
    const told = error instanceof OdError ? error : asOdError(error)
    const { cause } = told
    const why = told.detail ?? (cause instanceof Error ? cause.message : told.message)
    log.warn({ code: told.code, folder, cause: why }, 'spool.failed')
    return told
  }
}

function asOdError(cause: unknown): OdError {
  const isFull = isErrno(cause, 'ENOSPC') || isErrno(cause, 'EDQUOT')
  return new OdError(isFull ? 'OD_BODY_DISK_FULL' : 'OD_BODY_DISK_FAILED', {}, { cause })
}

/** The bytes of one body on disk. */
export class SpoolPlace {
  readonly #spool: Spool
  readonly #file: SpoolFile
  #sizeBytes = 0
  #uncheckedBytes = 0

  constructor(spool: Spool, file: SpoolFile) {
    this.#spool = spool
    this.#file = file
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Throws OD_BODIES_FULL, OD_BODY_DISK_FULL or OD_BODY_DISK_FAILED. */
  async append(chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const { onDisk } = this.#spool
    try {
      if (!onDisk.take(bytes)) throw bodiesFull(onDisk)
      this.#sizeBytes += bytes
      this.#uncheckedBytes += bytes
      if (this.#uncheckedBytes >= diskCheckEveryBytes) {
        this.#uncheckedBytes = 0
        await this.#spool.checkRoom(bytes)
      }
      await this.#file.append(chunks)
    } catch (error) {
      throw this.#spool.told(error)
    }
  }

  /** Exactly these bytes. Throws OD_BODY_DISK_FAILED. */
  async read(offset: number, length: number): Promise<Buffer> {
    try {
      const bytes = await this.#file.read(offset, length)
      if (bytes.length < length) throw new Error('the file ends too early')
      return bytes
    } catch (error) {
      throw this.#spool.told(error)
    }
  }

  /** The bytes are gone, and others may have their room. Never throws. */
  async close(): Promise<void> {
    await this.#file.close().catch((error: unknown) => void this.#spool.told(error))
    this.#spool.onDisk.give(this.#sizeBytes)
  }
}

/** The refusal of what goes beyond what all bodies together may take. */
export function bodiesFull({ maxBytes }: Budget): OdError {
  return new OdError('OD_BODIES_FULL', { limitBytes: maxBytes })
}
