import { limits } from './limits.ts'
import { findKey, membersOf, rows, sections } from './table.ts'

/** A clause that helps with a key that does not exist: the nearest one, or what there is at that place. */
export function hintFor(path: string): string {
  if (sections.has(path)) return `it is a section with ${membersOf(path).join(', ')}`
  const near = nearestKey(path)
  if (near !== undefined) return `did you mean ${near}?`
  const parent = path.split('.').slice(0, -1).join('.')
  const place = sections.has(parent) ? parent : ''
  return `known ${place === '' ? 'at the top' : `in ${place}`}: ${membersOf(place).join(', ')}`
}

/**
 * The key or section whose spelling is nearest, as a whole or in its last word (a key in the wrong section), or undefined
 * when nothing is near enough to be meant.
 */
function nearestKey(path: string): string | undefined {
  const wanted = path.slice(-limits.quoteCharactersMax)
  const [best] = [...rows.keys(), ...sections]
    .map((key) => {
      const whole = editDistance(wanted, key)
      return { key, whole, score: Math.min(whole, editDistance(last(wanted), last(key)) + 1) }
    })
    .toSorted((a, b) => a.score - b.score || a.whole - b.whole)
  const scoreMax = Math.max(1, Math.floor(last(wanted).length / 3))
  return best !== undefined && best.score <= scoreMax ? best.key : undefined
}

/** Where a key that was spelled with dots in one word belongs; undefined when there is no such key. */
export function nestedForm(name: string): string | undefined {
  if (findKey(name) === undefined) return undefined
  const words = name.split('.')
  return `${words.join(': { ')}: … ${'}'.repeat(words.length - 1)}`
}

/** Letters to add, drop, change or swap with a neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const costs = [
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
      ]
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        costs.push((beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(Math.min(...costs))
    }
    beforeLast = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

function last(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
