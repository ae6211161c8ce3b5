/** What this user may not do with a file, in words that say which right lacks where. */
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno, ownerOf } from './files.ts'
import { rightsOf } from './folder-rights.ts'

/** True for an error of the system that says that a right lacks. */
export function isRefused(error: unknown): error is NodeJS.ErrnoException {
  return isErrno(error, 'EACCES') || isErrno(error, 'EPERM')
}

/** For example `no right to write in /data, which belongs to user 0 and has mode 755`. Looks only, and never rejects. */
export async function lackingRight(
  { path, dest }: NodeJS.ErrnoException & { dest?: string },
  wanted: 'read' | 'write',
): Promise<string> {
  const paths = [dest, path].filter((one) => one !== undefined)
  if (wanted === 'write') {
    for (const one of paths) {
      const { problem, found } = await rightsOf(dirname(one))
      if (problem === 'forbidden') return `no right to write in ${await ownerOf(found)}`
    }
  }
  const [first] = paths
  if (first === undefined) return 'permission denied'
  const isSeen = await stat(first).then(
    () => true,
    () => false,
  )
  return `no right to ${isSeen ? wanted : 'look into'} ${await ownerOf(first)}`
}
