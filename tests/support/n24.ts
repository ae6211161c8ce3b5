import { fileURLToPath } from 'node:url'

/** The Node binary that runs the tests; programs under test and the fakes run on the same one. */
export const n24: string = process.execPath

/** Folder of the project, without a trailing separator. */
export const projectDir: string = fileURLToPath(new URL('../..', import.meta.url)).replace(
  /[\\/]$/,
  '',
)
