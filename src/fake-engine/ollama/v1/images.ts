import { Failure } from '../failure.ts'

/** The base64 of an image in a data URI; refuses addresses and other kinds of images in Ollama's words. */
export function imageOf(uri: string): string {
  if (/^https?:\/\//.test(uri)) {
    throw new Failure(
      400,
      'image URLs are not currently supported, please use base64 encoded data instead',
    )
  }
  const found = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,(.*)$/s.exec(uri)
  const text = found?.[1]
  if (text === undefined || !isBase64(text)) throw new Failure(400, 'invalid image input')
  return text
}

/** Standard base64 with padding. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
