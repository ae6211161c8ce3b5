import { startLoad } from '../gateway/processes.ts'
import { benchEnds } from './ends.ts'
import type { Keep } from './hop.ts'
import { benchNodes } from './nodes.ts'

/** What a link costs by itself, then what it costs between two nodes of the product. Prints the figures. */
export async function benchLinks(): Promise<void> {
  const started: { stop(): Promise<void> }[] = []
  const keep: Keep = (one) => {
    started.unshift(one)
    return one
  }
  try {
    const load = keep(startLoad())
    console.log('links alone')
    await benchEnds({ load, keep })
    console.log('two nodes of the product')
    await benchNodes({ load, keep })
  } finally {
    for (const one of started) await one.stop()
  }
}
