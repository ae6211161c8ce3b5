import { unfit } from './request-fields.ts'

/** The model of `/v1/audio/transcriptions`, a form with a file. Rejects with what the request is refused for. */
export async function transcriptionModel(bytes: Uint8Array, contentType: string): Promise<string> {
  const form = await readForm(bytes, contentType)
  const model = form.get('model')
  if (typeof model !== 'string' || model === '') throw unfit('model is required')
  const file = form.get('file')
  if (file === null || typeof file === 'string') {
    throw unfit('file is required: http: no such file')
  }
  if (file.size === 0) throw unfit('audio file is empty')
  return model
}

async function readForm(bytes: Uint8Array, contentType: string): Promise<FormData> {
  if (!/^multipart\/(form-data|mixed)\s*(;|$)/i.test(contentType)) {
    throw unfitForm("request Content-Type isn't multipart/form-data")
  }
  if (!/;\s*boundary=/i.test(contentType)) {
    throw unfitForm('no multipart boundary param in Content-Type')
  }
  const headers = { 'Content-Type': contentType }
  try {
    return await new Response(Uint8Array.from(bytes), { headers }).formData()
  } catch {
    throw unfitForm('multipart: NextPart: EOF') // Go names what it met; most often that the end is missing
  }
}

function unfitForm(reason: string): Error {
  return unfit(`failed to parse multipart form: ${reason}`)
}
