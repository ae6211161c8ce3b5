/**
 * The owner's door: every request for inference passes it, whichever gateway it comes from, so that a cap, a fair queue
 * and a single load hold for all of them. It knows nothing of HTTP, and which engine a request wants is decided before.
 */
export { type Door, startDoor } from './service.ts'
export { type DoorBounds, doorBounds } from './state.ts'
