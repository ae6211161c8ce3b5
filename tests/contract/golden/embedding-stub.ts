/** A weights file that can be listed and not loaded: what the recording calls `smol-embed`. */

/** The GGUF header: a Llama with a pooling type and one tensor; zeros follow. */
const header = [
  'R0dVRgMAAAABAAAAAAAAAAYAAAAAAAAAFAAAAAAAAABnZW5lcmFsLmFyY2hpdGVjdHVyZQgAAAAFAAAAAAAAAGxsYW1hEQAA',
  'AAAAAABnZW5lcmFsLmZpbGVfdHlwZQQAAAAAAAAAEQAAAAAAAABsbGFtYS5ibG9ja19jb3VudAQAAAABAAAAFAAAAAAAAABs',
  'bGFtYS5jb250ZXh0X2xlbmd0aAQAAABAAAAAFgAAAAAAAABsbGFtYS5lbWJlZGRpbmdfbGVuZ3RoBAAAACAAAAASAAAAAAAA',
  'AGxsYW1hLnBvb2xpbmdfdHlwZQQAAAABAAAAEQAAAAAAAAB0b2tlbl9lbWJkLndlaWdodAIAAAAgAAAAAAAAAAE=',
].join('')

/** All of the file, zeros for the tensor included. */
const sizeBytes = 448

export function embeddingStub(): Uint8Array {
  return Buffer.concat([Buffer.from(header, 'base64')], sizeBytes)
}
