/** The client of registries. */
export type { RegistryPolicy } from './address-guard.ts'
export type { Credentials } from './authorizer.ts'
export { type BlobAnswer, RegistryClient } from './client.ts'
export type { RegistryAccess, RegistryOptions } from './conversation.ts'
export { registryLimits } from './limits.ts'
export { RegistryPushClient, type UploadPart, type UploadState } from './push-client.ts'
export { signerWithKeyFile } from './signing-key.ts'
