/** Check 5: a tiny model is made, listed, shown and deleted again. */
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { readBytes } from '../../sys/files.ts'
import { objectList, parseObject, textField } from '../ndjson.ts'
import { ask, type Reply } from '../question.ts'
import type { Finding } from './check.ts'
import type { Ground } from './ground.ts'

/** The bundled model: small enough to be sent to any engine, whole enough to be taken by each. */
const weightsFile = new URL('../../../assets/pocket/pocket.gguf', import.meta.url)

/** More than the bundled file ever has. */
const weightsBytesMax = 16 * 1024 * 1024

/** A slow disk with its file system full of small files. */
const createMs = 60_000

/** A step that did not do what it is there for. */
class StepError extends Error {
  override readonly name = 'StepError'
}

/** What was made is deleted whatever happens in between. */
export async function checkModels({ gateway }: Ground): Promise<Finding> {
  const name = `verify-${randomBytes(4).toString('hex')}:latest`
  try {
    try {
      await create(gateway, name)
      const listed = await names(gateway)
      if (!listed.includes(name)) throw new StepError(`list: ${name} is not in /api/tags`)
      const shown = expectStatus('show', await post(gateway, '/api/show', { model: name }))
      if (parseObject(shown)?.['details'] === undefined) throw new StepError('show: no details')
    } finally {
      const url = `${gateway}/api/delete`
      const gone = await ask(url, { method: 'DELETE', body: JSON.stringify({ model: name }) })
      if (gone.type === 'answer' && gone.status !== 404) expectStatus('delete', gone)
    }
    if ((await names(gateway)).includes(name)) throw new StepError('delete: it is still listed')
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return {
      isPassed: false,
      text: error.message,
      hint: 'Look with `ollama-distributed doctor` whether the folder of the models can be written and has room.',
    }
  }
  const notAvailable = ['pull', 'synchronisation between nodes']
  return { isPassed: true, text: 'created, listed, showed and deleted a tiny model', notAvailable }
}

async function create(gateway: string, name: string): Promise<void> {
  const weights = await readBytes(fileURLToPath(weightsFile), weightsBytesMax)
  const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
  const url = `${gateway}/api/blobs/${digest}`
  expectStatus('create', await ask(url, { method: 'POST', body: weights, timeoutMs: createMs }))
  const files = { 'model.gguf': digest }
  const body = { model: name, files, stream: false }
  const text = expectStatus('create', await post(gateway, '/api/create', body))
  const answer = parseObject(text)
  if (answer?.['status'] !== 'success') {
    throw new StepError(`create: ${textField(answer ?? {}, 'error') || 'no success was told'}`)
  }
}

async function names(gateway: string): Promise<string[]> {
  const text = expectStatus('list', await ask(`${gateway}/api/tags`))
  return objectList(parseObject(text) ?? {}, 'models').map((model) => textField(model, 'name'))
}

async function post(gateway: string, path: string, body: object): Promise<Reply> {
  const question = { method: 'POST', body: JSON.stringify(body), timeoutMs: createMs } as const
  return await ask(`${gateway}${path}`, question)
}

/** The text of a good answer. */
function expectStatus(step: string, reply: Reply): string {
  if (reply.type === 'silence') throw new StepError(`${step}: ${reply.reason}`)
  if (reply.status < 400) return reply.text
  const error = textField(parseObject(reply.text) ?? {}, 'error')
  throw new StepError(`${step}: status ${reply.status}${error === '' ? '' : `, ${error}`}`)
}
