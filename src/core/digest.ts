declare const digestBrand: unique symbol

/** `sha256:` and 64 lower-case hexadecimal digits. Only `parseDigest` makes one, so it is safe in a path. */
export type Digest = string & { readonly [digestBrand]: true }

/** The digest, or undefined when the text is none. Upper case is none: it would name a second file for the same bytes. */
export function parseDigest(text: string): Digest | undefined {
  return /^sha256:[0-9a-f]{64}$/.test(text) ? (text as Digest) : undefined
}

/**
 * True for what Ollama's routes take for a digest: a dash may stand for the colon, and upper case is well formed, though it
 * never names a file. Source: Ollama manifest/paths.go, BlobsPath.
 */
export function isDigestText(text: string): boolean {
  return /^sha256[:-][0-9a-fA-F]{64}$/.test(text)
}

/** Name of the blob's file in the store: `sha256-<hex>`. Source: Ollama manifest/paths.go. */
export function blobFileName(digest: Digest): string {
  return digest.replace(':', '-')
}
