/** GGUF files whose texts were changed, so that llama.cpp meets what it does not expect. */

/** A text as GGUF writes it: its length, then its bytes. */
function ggufText(value: string): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)))
  return Buffer.concat([length, Buffer.from(value)])
}

/** Puts a text in the place of another one, as a whole. */
export function replaceText(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.indexOf(ggufText(from))
  if (at < 0) throw new Error(`no text ${from}`)
  const end = at + ggufText(from).length
  return Buffer.concat([bytes.subarray(0, at), ggufText(to), bytes.subarray(end)])
}

/** Two tokens have one text: an assertion of llama.cpp fails at each load. */
export function withTwins(bytes: Buffer): Buffer {
  return replaceText(bytes, '<|user|>', '<|tool|>')
}
