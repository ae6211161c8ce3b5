import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import type { Given } from './given.ts'
import { hintFor, nestedForm } from './nearest.ts'
import { type Problem, quoted } from './problem.ts'
import { findKey, sections } from './table.ts'
import { YamlDocument } from './yaml-document.ts'

/** What a file gives, and what is wrong with its form; values are not checked yet. */
export interface FileReading {
  readonly given: readonly Given[]
  readonly problems: readonly Problem[]
}

/** Reads the text of a configuration file. `file` is its name in messages, `base` its folder. Never throws. */
export function readYamlFile(text: string, file: string, base: string): FileReading {
  try {
    const document = new YamlDocument(text, file)
    if (document.problems.length > 0) return { given: [], problems: document.problems }
    const { top } = document
    if (!isMap(top) && !isEmpty(top)) document.report(1, 'a file of settings begins with a section')
    const given = isMap(top) ? readSection({ document, file, base }, '', top) : []
    return { given, problems: document.problems }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const source = { type: 'file', file, line: 1 } as const
    return { given: [], problems: [{ source, text: 'is nested too deeply' }] }
  }
}

interface Place {
  readonly document: YamlDocument
  readonly file: string
  readonly base: string
}

function readSection(place: Place, section: string, map: YAMLMap): Given[] {
  const { document, file, base } = place
  return document.entriesOf(map, section).flatMap(({ name, node, line }): Given[] => {
    const path = section === '' ? name : `${section}.${name}`
    const isOneWord = !name.includes('.')
    const key = isOneWord ? findKey(path) : undefined
    if (key !== undefined) {
      const source = { type: 'file', file, line } as const
      return [{ key, source, base, ...plainValue(document, node, path) }]
    }
    if (!isOneWord || !sections.has(path)) document.report(line, unknownKey(path))
    else if (isMap(node)) return readSection(place, path, node)
    else if (!isEmpty(node)) document.report(line, `${path} takes no value; ${hintFor(path)}`)
    return []
  })
}

function unknownKey(path: string): string {
  const nested = nestedForm(path)
  const hint = nested === undefined ? hintFor(path) : `write it as ${nested}`
  return `unknown key ${quoted(path)}; ${hint}`
}

/** The value without YAML's wrapping, one level deep: no setting has a deeper one. */
function plainValue(
  document: YamlDocument,
  node: unknown,
  path: string,
): Pick<Given, 'raw' | 'entryLines'> {
  if (!isMap(node)) return { raw: isSeq(node) ? [] : scalarOf(node) }
  const entries = document.entriesOf(node, path)
  return {
    raw: Object.fromEntries(entries.map(({ name, node }) => [name, scalarOf(node)])),
    entryLines: new Map(entries.map(({ name, line }) => [name, line])),
  }
}

/** Null for whatever is no single value. */
function scalarOf(node: unknown): unknown {
  return isScalar(node) ? node.value : null
}

function isEmpty(node: unknown): boolean {
  return node === undefined || (isScalar(node) && node.value === null)
}
