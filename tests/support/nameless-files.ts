import { readdirSync, readlinkSync } from 'node:fs'

/**
 * Files of a folder of that name that a process has open and that have no name any more, each as a path by which it can still
 * be opened. Linux only: proc(5).
 */
export function namelessFiles(pid: number, folder: string): string[] {
  const descriptors = `/proc/${pid}/fd`
  const paths = readdirSync(descriptors).map((descriptor) => `${descriptors}/${descriptor}`)
  return paths.filter((path) => {
    const target = targetOf(path)
    return target.includes(`/${folder}/`) && target.endsWith(' (deleted)')
  })
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed meanwhile
  }
}
