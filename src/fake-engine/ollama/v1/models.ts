/** `/v1/models`. */
import { types } from '../answer.ts'
import type { Call } from '../call.ts'
import { texts } from '../failure.ts'
import { handleShow, handleTags } from '../management.ts'
import { parseName, sourceOf } from '../names.ts'
import { nativeErrors } from '../voice.ts'
import { unixSeconds, wholeVoice } from './openai-words.ts'

/** With no models, Go's `null`. */
export function handleModels(call: Call): void {
  call.answer.voice = wholeVoice(({ models = [] }) => {
    const told = models.map((one) => modelOf(one.name, one.modified_at))
    return { object: 'list', data: told.length > 0 ? told : null }
  })
  handleTags(call)
}

/** The last segment of the path names the model, and is echoed as it came. */
export function handleModel(call: Call): void {
  const [path = ''] = call.record.target.split('?')
  const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  if (sourceOf(name.trim()).type === 'cloud') {
    const text = texts.cloudDetailsOff
    call.answer.whole(403, [['Content-Type', types.json]], nativeErrors.body(403, text))
    return
  }
  call.answer.voice = wholeVoice(({ modified_at: at }) => modelOf(name, at))
  handleShow({ ...call, body: Buffer.from(JSON.stringify({ name })) })
}

function modelOf(id: string, modifiedAt: string | undefined): object {
  const owner = parseName(id)?.namespace ?? ''
  return { id, object: 'model', created: unixSeconds(modifiedAt), owned_by: owner }
}
