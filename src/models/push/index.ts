/** Brings models to registries. */
export { Pusher } from './push.ts'
