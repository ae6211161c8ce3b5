/** The source tree as the tidy tests see it. */
import { globSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** One TypeScript file of ours. */
export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
}

/** Every TypeScript file below the folders. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${root}/${folder}/**/*.ts`))
    .map((file) => {
      const text = readFileSync(file, 'utf8')
      const path = relative(root, file).replaceAll('\\', '/')
      return { path, text, lines: text.split('\n').length - 1 }
    })
}

/** What a file imports, types included, statically or on demand. */
export function importsOf({ text }: SourceFile): string[] {
  const patterns = [
    /\bfrom\s+'([^']+)'/g,
    /\bimport\s*\(\s*'([^']+)'\s*\)/g,
    /^import\s+'([^']+)'/gm,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, target = '']) => target))
}
