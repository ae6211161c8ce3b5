/** The client of registries. */
export type { RegistryPolicy } from './address-guard.ts'
export type { Credentials } from './authorizer.ts'
export {
  type BlobAnswer,
  type RegistryAccess,
  RegistryClient,
  type RegistryOptions,
} from './client.ts'
export { registryLimits } from './limits.ts'
export { signerWithKeyFile } from './signing-key.ts'
