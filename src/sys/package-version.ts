import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Version of this program, from its `package.json`; the source and the build lie equally deep below it. */
export function readPackageVersion(): string {
  const file = join(import.meta.dirname, '../../package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
