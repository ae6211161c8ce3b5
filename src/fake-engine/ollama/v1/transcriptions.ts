/** `/v1/audio/transcriptions`: a chat about what is said, whose words are told when it is over. */
import type { Call } from '../call.ts'
import { Failure } from '../failure.ts'
import { handleChat } from '../inference.ts'
import { goJson } from '../json-encode.ts'
import { nativeVoice, type Voice } from '../voice.ts'
import { answerTranslated, type Translated } from './translated.ts'

export function handleTranscriptions(call: Call): Promise<void> {
  const type = call.record.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return answerTranslated(call, (body) => translateForm(body, type ?? ''), handleChat)
}

async function translateForm(body: Buffer, type: string): Promise<Translated> {
  const form = await readForm(body, type)
  const model = textIn(form, 'model')
  if (model === '') throw new Failure(400, 'model is required')
  const file = form.get('file')
  if (!(file instanceof File)) throw new Failure(400, 'file is required: http: no such file')
  if (file.size === 0) throw new Failure(400, 'audio file is empty')
  const [language, context] = [textIn(form, 'language'), textIn(form, 'prompt')]
  const instruction = [
    'Transcribe the following audio exactly as spoken. Output only the transcription text, nothing else.',
    language === '' ? '' : ` The audio is in ${language}.`,
    context === '' ? '' : ` Context: ${context}`,
  ].join('')
  const audio = Buffer.from(await file.arrayBuffer()).toString('base64')
  const messages = [
    { role: 'system', content: instruction },
    { role: 'user', content: 'Transcribe this audio.', images: [audio] },
  ]
  const native = { model, messages, stream: true, options: { temperature: 0 } }
  return { body: native, voice: transcriptVoice(textIn(form, 'response_format') === 'text') }
}

/** The type of the answer is that of the stream beneath, for its headers go out with the first word. */
function transcriptVoice(isPlain: boolean): Voice {
  let text = ''
  return {
    ...nativeVoice,
    piece({ message, done }) {
      text += message?.content ?? ''
      if (done !== true) return ''
      return isPlain ? text.trim() : `${goJson({ text: text.trim() })}\n`
    },
    broken: () => '',
  }
}

async function readForm(body: Buffer, type: string): Promise<FormData> {
  const start = 'failed to parse multipart form: '
  if (!type.toLowerCase().startsWith('multipart/form-data')) {
    throw new Failure(400, `${start}request Content-Type isn't multipart/form-data`)
  }
  try {
    const headers = { 'content-type': type }
    return await new Response(new Uint8Array(body), { headers }).formData()
  } catch {
    throw new Failure(400, `${start}multipart: NextPart: EOF`)
  }
}

function textIn(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
