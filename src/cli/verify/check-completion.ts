/** Check 6: a completion through the gateway, as the guide's curl line asks for one. */
import { numberField, objectList, parseObject, textField } from '../ndjson.ts'
import { ask } from '../question.ts'
import type { Finding } from './check.ts'
import type { Ground } from './ground.ts'

/** A large model on a slow disk is loaded first. */
const completionMs = 300_000

/** Enough to see that words come. */
const tokens = 16

/** Asks the bundled model, or the smallest one, and records who served it. */
export async function checkCompletion({ gateway }: Ground): Promise<Finding> {
  const model = await modelToAsk(gateway)
  if (model === undefined) {
    return {
      isPassed: false,
      text: 'there is no model to ask',
      hint: 'Pull one: `ollama pull llama3.2:1b`.',
    }
  }
  const body = { model, prompt: 'Why is the sky blue?', options: { num_predict: tokens } }
  const question = {
    method: 'POST',
    body: JSON.stringify(body),
    timeoutMs: completionMs,
  } as const
  const reply = await ask(`${gateway}/api/generate`, question)
  const failed = (text: string): Finding => ({
    isPassed: false,
    text: `${model}: ${text}`,
    hint: 'Look into the log of the engine that `ollama-distributed status` names.',
  })
  if (reply.type === 'silence') return failed(reply.reason)
  const { status, headers, text } = reply
  if (status !== 200) {
    return failed(`status ${status}, ${textField(parseObject(text) ?? {}, 'error')}`)
  }
  const lines = text.trim().split('\n').map(parseObject)
  const objects = lines.filter((line) => line !== undefined)
  if (objects.length < lines.length) return failed('its answer has a line that is not JSON')
  const error = objects.find((line) => 'error' in line)
  if (error !== undefined) return failed(textField(error, 'error'))
  if (objects.at(-1)?.['done'] !== true) return failed('its answer ended before it was done')
  const words = objects.map((line) => textField(line, 'response') + textField(line, 'thinking'))
  if (words.join('') === '') return failed('its answer is empty')
  const [node = '', engine = ''] = [headers['x-od-node'], headers['x-od-engine']]
  if (node === '' || engine === '') return failed('nobody says who served it')
  return { isPassed: true, text: `${model} answered, served by engine ${engine} of node ${node}` }
}

async function modelToAsk(gateway: string): Promise<string | undefined> {
  const reply = await ask(`${gateway}/api/tags`)
  const answer = reply.type === 'answer' ? parseObject(reply.text) : undefined
  const models = objectList(answer ?? {}, 'models').toSorted(
    (a, b) => (numberField(a, 'size') ?? 0) - (numberField(b, 'size') ?? 0),
  )
  const names = models.map((model) => textField(model, 'name'))
  return names.find((name) => name === 'pocket:latest') ?? names[0]
}
