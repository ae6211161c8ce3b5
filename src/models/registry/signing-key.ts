/**
 * The key by which Ollama's registry knows this node. Source: Ollama auth/auth.go: a token is asked for with the public key and a
 * signature of the request; a registry that knows the key gives it more rights.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { OdError } from '../../core/errors/index.ts'
import { writeWhole } from '../../sys/files.ts'
import { readSecretFile } from '../../sys/secret-file.ts'

/** A PEM file of a key is 119 bytes. */
const fileBytesMax = 1_024

/** Makes the value of the `Authorization` header for a text. */
export type Signer = (text: string) => Promise<string>

/** A signer whose key lies in a file, and is made there when it is first needed. */
export function signerWithKeyFile(path: string): Signer {
  let key: Promise<KeyObject> | undefined
  return async (text) => {
    key ??= loadOrMakeKey(path)
    return signatureOf(text, await key)
  }
}

/** `<public key>:<signature>`, both in base64; the key in the wire form of SSH (RFC 8709 §4). */
export function signatureOf(text: string, key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = Buffer.concat([
    sshString(Buffer.from('ssh-ed25519')),
    sshString(Buffer.from(x, 'base64url')),
  ])
  return `${publicKey.toString('base64')}:${sign(null, Buffer.from(text), key).toString('base64')}`
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

async function loadOrMakeKey(path: string): Promise<KeyObject> {
  const file = await readSecretFile(path, fileBytesMax)
  if (file.type === 'read') {
    try {
      return createPrivateKey(Buffer.from(file.bytes))
    } catch (error) {
      throw new OdError('OD_REGISTRY_UNAUTHORIZED', {}, { cause: error })
    }
  }
  if (file.type !== 'absent') {
    const detail = file.type === 'exposed' ? file.how : file.reason
    throw new OdError('OD_REGISTRY_UNAUTHORIZED', {}, { detail })
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeWhole(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return privateKey
}
