/** The way of a `/v1` request: its body becomes one of the native API, whose handler answers with another voice. */
import { types } from '../answer.ts'
import type { Call } from '../call.ts'
import { Failure, texts } from '../failure.ts'
import { GoError } from '../json-scan.ts'
import { sourceOf } from '../names.ts'
import { nativeErrors, type Voice } from '../voice.ts'

/** What a request becomes. */
export interface Translated {
  /** Body of the native request. */
  readonly body: object
  readonly voice: Voice
}

/**
 * Answers by `handle` what `translate` made of the body. What is wrong with the body is told here, with a charset and no
 * newline, as Ollama's middleware does; the handler's own errors are told without one and with one.
 */
export async function answerTranslated(
  call: Call,
  translate: (body: Buffer) => Translated | Promise<Translated>,
  handle: (call: Call) => void | Promise<void>,
): Promise<void> {
  const { answer } = call
  if (isCloudNamed(call.body)) {
    answer.whole(403, [['Content-Type', types.json]], nativeErrors.body(403, texts.cloudOff))
    return
  }
  const translated = await attempt(async () => await translate(call.body))
  if (translated instanceof Error) {
    const told = answer.errors.body(400, translated.message).trimEnd()
    answer.whole(400, [['Content-Type', types.json]], told)
    return
  }
  answer.voice = translated.voice
  await handle({ ...call, body: Buffer.from(JSON.stringify(translated.body)) })
}

async function attempt<Value>(work: () => Promise<Value>): Promise<Value | GoError | Failure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof GoError || error instanceof Failure) return error
    throw error
  }
}

/** Names of cloud models are looked for before anything else, in bodies that are JSON as a whole. */
function isCloudNamed(body: Buffer): boolean {
  try {
    const { model } = JSON.parse(body.toString('utf8')) as { model?: unknown }
    return typeof model === 'string' && sourceOf(model.trim()).type === 'cloud'
  } catch {
    return false
  }
}
