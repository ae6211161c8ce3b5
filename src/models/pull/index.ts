/** Brings models from registries. */
export { Puller, type PullProgress } from './pull.ts'
