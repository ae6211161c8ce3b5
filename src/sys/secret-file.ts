/** Files that only their owner may read. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { isErrno } from './files.ts'

/** What is in it, or why it was not read. */
export type SecretFile =
  | { readonly type: 'read'; readonly bytes: Uint8Array }
  | { readonly type: 'absent' }
  /** Others may read it, or may have written it. */
  | { readonly type: 'exposed'; readonly how: string }
  | { readonly type: 'unreadable'; readonly reason: string }

/**
 * Reads a secret. A symbolic link, a file with rights for others and one that belongs to another user than this or root are
 * refused: whoever could put it there, or read it, knows the secret. Windows has no such rights and is not asked. Never
 * rejects. More than `bytesMax` bytes are not read.
 */
export async function readSecretFile(path: string, bytesMax: number): Promise<SecretFile> {
  try {
    const file = await open(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    )
    try {
      const facts = await file.stat()
      if (!facts.isFile()) return { type: 'unreadable', reason: 'it is no file' }
      const how = exposureOf(facts)
      if (how !== undefined) return { type: 'exposed', how }
      const buffer = Buffer.alloc(bytesMax)
      const { bytesRead } = await file.read(buffer, 0, bytesMax, 0)
      return { type: 'read', bytes: buffer.subarray(0, bytesRead) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { type: 'absent' }
    if (isErrno(error, 'ELOOP')) return { type: 'exposed', how: 'it is a symbolic link' }
    return { type: 'unreadable', reason: (error as NodeJS.ErrnoException).code ?? 'unknown reason' }
  }
}

function exposureOf({ mode, uid }: { mode: number; uid: number }): string | undefined {
  const self = process.geteuid?.()
  if (self === undefined) return undefined
  if ((mode & 0o077) !== 0) return `it has mode ${(mode & 0o777).toString(8)}`
  return uid === self || uid === 0 ? undefined : `it belongs to user ${uid}`
}
