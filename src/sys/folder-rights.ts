/** Whether this user may work in a folder; looks only, makes nothing. */
import { access, constants, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

/** How a folder stands, or the nearest one above it that exists, where it would be made. */
export interface FolderRights {
  /** The folder that was looked at. */
  readonly found: string
  /** False where it would still have to be made. */
  readonly isThere: boolean
  /** `none`: it can be worked in. */
  readonly problem: 'none' | 'forbidden' | 'not-a-folder' | 'read-only' | 'unknown'
  /** Numbers of its owner and of this user; absent on Windows. */
  readonly owner?: number
  readonly self?: number
  /** Its rights in octal digits. */
  readonly mode: string
}

/** Never rejects for what is wrong with the folder. `path` is absolute. */
export async function rightsOf(path: string): Promise<FolderRights> {
  const facts = await stat(path).catch(() => undefined)
  const parent = dirname(path)
  if (facts === undefined && parent !== path) return { ...(await rightsOf(parent)), isThere: false }
  const self = process.getuid === undefined ? undefined : userInfo().uid
  return {
    found: path,
    isThere: facts !== undefined,
    problem: facts?.isDirectory() === false ? 'not-a-folder' : await accessProblem(path),
    mode: ((facts?.mode ?? 0) & 0o777).toString(8),
    ...(self === undefined || facts === undefined ? {} : { self, owner: facts.uid }),
  }
}

async function accessProblem(path: string): Promise<FolderRights['problem']> {
  try {
    await access(path, constants.W_OK | constants.X_OK)
    return 'none'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return 'forbidden'
    return code === 'EROFS' ? 'read-only' : 'unknown'
  }
}
