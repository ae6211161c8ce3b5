/**
 * The room in which V8 makes new objects. It doubles, up to 16 MiB, when much of what is in it lives on, as while a program
 * is loaded, and hardly ever shrinks: a node that waits for its first request would keep 15 MiB for nothing. V8 reads the
 * factor by which it grows whenever it may (its flag `semi_space_growth_factor`).
 */
import { setFlagsFromString } from 'node:v8'

let isKeptSmall = false

/** Keeps it as small as it is, for a process that has only just begun. */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  isKeptSmall = true
}

/** There is work to do, which is faster in more room. Costs nothing when it is called again. */
export function letYoungHeapGrow(): void {
  if (!isKeptSmall) return
  isKeptSmall = false
  setFlagsFromString('--semi-space-growth-factor=2') // V8's own
}
