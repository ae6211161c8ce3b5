/** What must hold of every conversation, whatever was said in it. */
import { headerOf, type RawAnswer } from '../../support/raw-http.ts'
import type { Outcome } from './conversation.ts'
import type { Relayed } from './expected.ts'
import { markOf } from './recording-engine.ts'
import type { ReadRequest } from './strict-reader.ts'

/** Throws unless every answer is the one to its request. Gives what the engines must have seen. */
export function checkAnswers({ answered }: Outcome): Relayed[] {
  const must: Relayed[] = []
  for (const { expected, answer } of answered) {
    const { who, classes, relayed } = expected
    const status = Math.trunc(answer.status / 100)
    if (status === 5) throw new Error(`an answer of ${answer.status}: ${answer.body.toString()}`)
    const isRelayed = relayed !== undefined && headerOf(answer, 'x-od-engine') !== undefined
    if (isRelayed && who !== 'gateway') {
      if (!isAnswerTo(answer, relayed)) throw new Error('the answer to another request')
      must.push(relayed)
    } else if (who === 'engine' || !classes.includes(status)) {
      throw new Error(
        `expected ${who} ${classes.join('xx ')}xx, got ${answer.status}: ${answer.body.toString()}`,
      )
    }
  }
  return must
}

function isAnswerTo(answer: RawAnswer, relayed: Relayed): boolean {
  if (answer.status !== 200 || !answer.isWhole) return false
  return relayed.method === 'HEAD' || answer.body.toString() === `{"mark":"${markOf(relayed)}"}`
}

/** Added on the way to an engine. */
const added = ['host', 'connection', 'content-length', 'transfer-encoding']

/** One text for equal requests. */
function textOf({ method, target, headers, body }: Relayed | ReadRequest): string {
  const own = headers.filter(([name]) => !added.includes(name.toLowerCase()))
  return JSON.stringify([method, target, own, body])
}

/** Everything that must have been seen was, once; nothing else, but what may. */
export function expectSeen(
  seen: readonly ReadRequest[],
  must: readonly Relayed[],
  may: readonly Relayed[],
  engines: number,
) {
  const copies = (relayed: Relayed) => (/^\/api\/(copy|delete)/.test(relayed.target) ? engines : 1)
  const left = seen.map(textOf)
  for (const relayed of must) {
    for (let i = 0; i < copies(relayed); i++) {
      const at = left.indexOf(textOf(relayed))
      if (at < 0) throw new Error(`no engine saw ${textOf(relayed)}, but ${left.join('\n')}`)
      left.splice(at, 1)
    }
  }
  const allowed = [...may, ...must.filter(isAskedOfAll)].map(textOf)
  const strange = left.filter((text) => !allowed.includes(text) && !isQuestion(text))
  if (strange.length > 0) throw new Error(`an engine saw what nobody sent: ${strange.join('\n')}`)
}

/** Whether a file is there: all engines are asked at once, and left when one has it. */
function isAskedOfAll({ method, target }: Relayed): boolean {
  return method === 'HEAD' && target.startsWith('/api/blobs/')
}

/** What the gateway asks by itself: which engine has the files of a create, and whether one has a cloud. */
function isQuestion(text: string): boolean {
  const isBare = text.startsWith('["HEAD","/api/blobs/') && text.endsWith(',[],""]')
  return isBare || (text.startsWith('["GET","/api/status",') && text.endsWith(',""]'))
}
