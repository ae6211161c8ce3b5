import { adminErrors } from './admin.ts'
import { cliErrors } from './cli.ts'
import { configErrors } from './config.ts'
import { edgeErrors } from './edge.ts'
import { engineErrors } from './engine.ts'
import type { ErrorEntry } from './entry.ts'
import { fakeEngineErrors } from './fake-engine.ts'
import { linkErrors } from './link.ts'
import { llamaErrors } from './llama.ts'
import { membershipErrors } from './membership.ts'
import { modelErrors } from './models.ts'
import { nodeErrors } from './node.ts'
import { ollamaErrors } from './ollama.ts'
import { registryErrors } from './registry.ts'
import { softStateErrors } from './soft-state.ts'
import { stateErrors } from './state.ts'

/** Every failure this program names, by code. `docs/reference/errors.md` is generated from it. */
export const catalogue = {
  ...adminErrors,
  ...cliErrors,
  ...configErrors,
  ...edgeErrors,
  ...engineErrors,
  ...fakeEngineErrors,
  ...linkErrors,
  ...llamaErrors,
  ...membershipErrors,
  ...modelErrors,
  ...nodeErrors,
  ...ollamaErrors,
  ...registryErrors,
  ...stateErrors,
  ...softStateErrors,
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof catalogue
