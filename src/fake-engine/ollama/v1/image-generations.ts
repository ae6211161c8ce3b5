/** `/v1/images/generations` and `/v1/images/edits`. No model of the fake makes images, and what one says is not told. */
import type { Call } from '../call.ts'
import { Failure } from '../failure.ts'
import { handleGenerate } from '../inference.ts'
import { decodeBody, goInt, goString } from '../json-decode.ts'
import { nativeVoice, type Voice } from '../voice.ts'
import { imageOf } from './images.ts'
import { answerTranslated, type Translated } from './translated.ts'

const fields = { model: goString, prompt: goString, image: goString, seed: goInt }

export function handleImageGenerations(call: Call): Promise<void> {
  const translate = (body: Buffer) => translateImage(body, 'ImageGenerationRequest')
  return answerTranslated(call, translate, handleGenerate)
}

export function handleImageEdits(call: Call): Promise<void> {
  const translate = (body: Buffer) => translateImage(body, 'ImageEditRequest')
  return answerTranslated(call, translate, handleGenerate)
}

function translateImage(
  body: Buffer,
  struct: 'ImageGenerationRequest' | 'ImageEditRequest',
): Translated {
  const { model, prompt, image, seed } = decodeBody(body, struct, fields, 'openai')
  if (!prompt) throw new Failure(400, 'prompt is required')
  if (!model) throw new Failure(400, 'model is required')
  const native = { model, prompt, options: { seed } }
  if (struct === 'ImageGenerationRequest') return { body: native, voice: silentVoice }
  if (!image) throw new Failure(400, 'image is required')
  return { body: { ...native, images: [pictureIn(image)] }, voice: silentVoice }
}

function pictureIn(image: string): string {
  try {
    return imageOf(image)
  } catch (error) {
    throw new Failure(400, `invalid image: ${(error as Error).message}`)
  }
}

/** Words instead of an image: a stream without anything in it. */
const silentVoice: Voice = { ...nativeVoice, piece: () => '', broken: () => '' }
