/** Finds files of models that have rotted, and heals them. */
export { Scrubber } from './scrub.ts'
