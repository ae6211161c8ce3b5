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
  return expect.includes('.response = ""') && expect.includes('.eval_count = <int>')
}

/** What the fake leaves out: it is there to be asked for answers. */
export const fakeLacks: readonly Lack[] = [
  {
    of: isOf('create', 'blobs', 'push', 'pull'),
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
  {
    of: ({ expect }) => expect.some((line) => line.includes('<nil>')),
    reason: 'it has no templates',
  },
]

/** Of the fake alone; before the gateway they are the gateway's. */
export const fakeServerLacks: readonly Lack[] = [
  { of: isOf('cors'), reason: 'the fake lets everyone in' },
  { of: isOf('http'), reason: 'the parser of Node, on which the fake stands, says less' },
  { of: isOf('root'), reason: 'the fake does not speak of a cloud' },
]

/** What the embedded engine cannot do yet. */
export const embeddedLacks: readonly Lack[] = [
  { of: isOf('push', 'pull'), reason: 'the embedded engine pulls and pushes nothing yet' },
  {
    of: (golden) => asks(golden, '/api/create') && JSON.stringify(golden).includes('127.0.0.1:1'),
    reason: 'the embedded engine pulls nothing yet and makes no stubs of other servers',
  },
]
