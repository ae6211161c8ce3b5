import type { FolderRights } from '../../sys/folder-rights.ts'
import { quoteWord } from '../find-gateway.ts'
import type { Finding } from './finding.ts'

/** What the rights of a folder mean, with the line that gives them where they lack. Pure. */
export function folderFinding(topic: string, path: string, rights: FolderRights): Finding {
  const { found, isThere, problem, mode, owner, self } = rights
  const owned = owner === undefined ? '' : `, belongs to user ${owner}, mode ${mode}`
  const text = isThere ? `${path}${owned}` : `${path}, is made when a node starts in ${found}`
  const wrong = (what: string, fix: string): Finding => ({
    topic,
    state: 'problem',
    text: `${path}: ${what}`,
    fix,
  })
  switch (problem) {
    case 'none':
      return isForeign(rights)
        ? {
            topic,
            state: 'warning',
            text,
            fix: `This user is the superuser, and its files would not be user ${owner}'s: run the node as user ${owner}.`,
          }
        : { topic, state: 'ok', text }
    case 'forbidden':
      return wrong(
        `user ${self} may not write in ${found}, which belongs to user ${owner} and has mode ${mode}`,
        owner === self
          ? `chmod u+rwx ${quoteWord(found)}`
          : `sudo chown -R ${self} ${quoteWord(isThere ? path : found)}   or name another folder with --data-dir`,
      )
    case 'not-a-folder':
      return wrong(`${found} is no folder`, 'Move that file away, or name another folder.')
    case 'read-only':
      return wrong('its file system is read-only', 'Name a folder on another one with --data-dir.')
    case 'unknown':
      return wrong('it cannot be looked at', 'Look with `ls -ld` what is there.')
  }
}

/** The superuser may write everywhere, but what it writes in another's folder that one cannot use later. */
function isForeign({ isThere, self, owner }: FolderRights): boolean {
  return isThere && self === 0 && owner !== undefined && owner !== 0
}
