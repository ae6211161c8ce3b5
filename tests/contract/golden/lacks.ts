/** Cases that a subject is not asked, because it does not claim what they are about. */
import { filledBytes, type GoldenCase } from './golden-case.ts'

export interface Lack {
  readonly of: (golden: GoldenCase) => boolean
  readonly reason: string
}

const isOf =
  (...groups: readonly string[]) =>
  ({ id }: GoldenCase) =>
    groups.includes(id.slice(0, id.indexOf('/')))

const asks = ({ request }: GoldenCase, path: string) => request.path === path

const makesModel = ({ request: { raw } }: GoldenCase) =>
  raw !== undefined && filledBytes(raw).includes('/api/create ')

function isSilent({ expect }: GoldenCase): boolean {
  return (
    expect.includes('.response = ""') &&
    expect.includes('.done_reason = "stop"') &&
    expect.includes('.context = <ints>')
  )
}

function isPacked({ request: { headers = [] } }: GoldenCase): boolean {
  return headers.some(([name]) => name.toLowerCase() === 'content-encoding')
}

/** What the fake leaves out: it is there to be asked for answers. */
export const fakeLacks: readonly Lack[] = [
  {
    of: (golden) => isOf('create', 'blobs', 'push', 'pull')(golden) || makesModel(golden),
    reason: 'the fake has no files and makes no models',
  },
  {
    of: (golden) => isOf('logprobs')(golden) && golden.expect[0] === 'status 200',
    reason: 'the fake makes no probabilities',
  },
  {
    of: (golden) => golden.engine === true,
    reason: 'what an inference engine decides, the fake does not',
  },
  { of: isSilent, reason: 'that the answer is empty was the whim of a real model' },
  { of: (golden) => asks(golden, '/api/status'), reason: 'the fake does not speak of a cloud' },
  { of: isPacked, reason: 'the fake unpacks nothing' },
]

/** Of the fake alone; before the gateway they are the gateway's. */
export const fakeServerLacks: readonly Lack[] = [
  { of: isOf('cors'), reason: 'the fake lets everyone in' },
  { of: isOf('http', 'wire'), reason: 'the parser of Node, on which the fake stands, says less' },
  { of: isOf('root'), reason: 'the fake does not speak of a cloud' },
]
