import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { writeWhole } from '../../sys/files.ts'
import { readSecretFile } from '../../sys/secret-file.ts'
import { rawPublicKey } from './peer-id.ts'

/**
 * The key's file is libp2p's form of a private key: a protobuf of its type and of seed and public key. Holding both halves,
 * it tells when a byte of it is wrong; a seed alone would give another identity without a word.
 */
const fileHead = Buffer.from('08011240', 'hex')
const seedBytes = 32
const fileBytes = fileHead.length + 2 * seedBytes

/** Before the seed: DER of PrivateKeyInfo with id-Ed25519 (RFC 8410 §7). */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The key of the node whose data directory this is; made when there is none. After a kill at any moment there is the whole
 * key or none. Throws OD_IDENTITY_DAMAGED, OD_IDENTITY_EXPOSED, OD_IDENTITY_UNREADABLE and, when it cannot be written,
 * OD_NODE_DATA_DIR.
 */
export async function loadOrMakeKey(dataDir: string): Promise<KeyObject> {
  const path = join(dataDir, 'identity.key')
  const file = await readSecretFile(path, fileBytes + 1)
  if (file.type === 'absent') return await makeKey(path, dataDir)
  if (file.type === 'exposed') throw new OdError('OD_IDENTITY_EXPOSED', { path, how: file.how })
  if (file.type === 'unreadable') {
    throw new OdError('OD_IDENTITY_UNREADABLE', { path, reason: file.reason })
  }
  const key = keyIn(file.bytes)
  if (key === undefined) throw new OdError('OD_IDENTITY_DAMAGED', { path })
  return key
}

async function makeKey(path: string, dataDir: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  try {
    await writeWhole(path, bytesOf(privateKey), { mode: 0o600 })
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new OdError('OD_NODE_DATA_DIR', { path: dataDir, reason }, { cause })
  }
  return privateKey
}

function bytesOf(key: KeyObject): Buffer {
  const seed = key.export({ format: 'der', type: 'pkcs8' }).subarray(privateKeyHead.length)
  return Buffer.concat([fileHead, seed, rawPublicKey(createPublicKey(key))])
}

/** Undefined when these are not exactly the bytes of a key. */
function keyIn(bytes: Uint8Array): KeyObject | undefined {
  if (bytes.length !== fileBytes) return undefined
  const seed = bytes.subarray(fileHead.length, fileHead.length + seedBytes)
  const key = Buffer.concat([privateKeyHead, seed])
  const found = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  return bytesOf(found).equals(bytes) ? found : undefined
}
