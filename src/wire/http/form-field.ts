/** Fields of `multipart/form-data`, seen without copying the files beside them. Source: RFC 7578, RFC 2046 §5.1. */

/** No name of a model is longer; a longer field counts as none. */
const fieldBytesMax = 1_024

/** Headers of a part; real ones have under 300 bytes. */
const partHeadersBytesMax = 4_096

/** Parts that are looked at; a transcription has five. */
const partsMax = 64

/**
 * The text of the first part of that name that is no file; undefined where there is none, or the body is no such form. What is
 * wrong with a form is for whoever answers the request to say.
 */
export function formField(contentType: string, body: Buffer, name: string): string | undefined {
  const boundary = boundaryIn(contentType)
  if (boundary === undefined) return undefined
  const separator = Buffer.from(`--${boundary}`, 'latin1')
  let at = body.indexOf(separator)
  for (let parts = 0; at >= 0 && parts < partsMax; parts++) {
    const headersAt = at + separator.length
    const next = body.indexOf(separator, headersAt)
    const part = body.subarray(headersAt, next < 0 ? body.length : next)
    const headersEnd = part.subarray(0, partHeadersBytesMax).indexOf('\r\n\r\n')
    if (headersEnd >= 0 && isField(part.toString('latin1', 0, headersEnd), name)) {
      const value = part.subarray(headersEnd + 4, part.length - 2) // before the line end of the boundary
      return value.length > fieldBytesMax ? undefined : value.toString('utf8')
    }
    at = next
  }
  return undefined
}

function boundaryIn(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) return undefined
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  return boundary === undefined || boundary.length > 70 ? undefined : boundary
}

function isField(headers: string, name: string): boolean {
  const line = headers.split('\r\n').find((one) => /^content-disposition:/i.test(one))
  if (line === undefined || /;\s*filename=/i.test(line)) return false
  const [, quoted, plain] = /;\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(line) ?? []
  return (quoted ?? plain) === name
}
