import type { LongAction } from './engine-actions.ts'

/** What the management API may do with the models of this node; `node/` provides it. */
export interface ModelActions {
  /**
   * Looks at the files of a model, or of all, and fetches again what is not what it should be. Throws `OD_VERIFY_NO_ENGINE`. Fails with
   * `OD_MODEL_NOT_FOUND`, `OD_VERIFY_DAMAGED` when a file could not be fetched, `OD_VERIFY_BROKEN`.
   */
  verify(model: string | undefined): LongAction
}
