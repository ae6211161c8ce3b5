import { decodeStruct, integer, optional, struct, text } from '../go-json/index.ts'
import { unfit } from './request-fields.ts'

/** Requests for pictures, which Ollama 0.24 still routes. Source: Ollama openai/openai.go and middleware/openai.go. */
interface ImageRequest {
  readonly model: string
  readonly prompt: string
  readonly size: string
  readonly seed?: number
}

const fields = {
  model: { name: 'model', reader: text },
  prompt: { name: 'prompt', reader: text },
  size: { name: 'size', reader: text },
  seed: { name: 'seed', reader: optional(integer) },
}

const generation = struct<ImageRequest>('openai.ImageGenerationRequest', fields)

const edit = struct<ImageRequest & { readonly image: string }>('openai.ImageEditRequest', {
  ...fields,
  image: { name: 'image', reader: text },
})

/** The model of `/v1/images/generations`. Throws what the request is refused for. */
export function imageGenerationModel(bytes: Uint8Array): string {
  return modelOf(decodeStruct(bytes, generation))
}

/** The model of `/v1/images/edits`. Throws what the request is refused for. */
export function imageEditModel(bytes: Uint8Array): string {
  const request = decodeStruct(bytes, edit)
  const model = modelOf(request)
  if (request.image === '') throw unfit('image is required')
  return model
}

function modelOf({ prompt, model }: ImageRequest): string {
  if (prompt === '') throw unfit('prompt is required')
  if (model === '') throw unfit('model is required')
  return model
}
