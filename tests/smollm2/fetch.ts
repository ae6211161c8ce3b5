/** Before files that run at once: the weights are fetched once, and not by each of them. */
import { smollm2 } from './weights.ts'

export async function setup(): Promise<void> {
  await smollm2()
}
