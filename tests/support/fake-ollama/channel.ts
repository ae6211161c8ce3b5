/** What a test tells the fake, and what the fake tells back, over the channel between both processes. */
import type { FakeOptions, Faults } from '../../../src/fake-engine/ollama/index.ts'

export type Command =
  | { readonly type: 'start'; readonly options: FakeOptions }
  | { readonly type: 'set'; readonly faults: Faults }
  | { readonly type: 'release'; readonly tokens: number }
  | { readonly type: 'requests' }
  | { readonly type: 'stats' }
  | { readonly type: 'stop' }

export interface Numbered {
  readonly seq: number
  readonly command: Command
}

/** Answer to the command of that number. */
export interface Reply {
  readonly seq: number
  readonly error?: string
  readonly value?: unknown
}
