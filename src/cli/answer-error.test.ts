import { describe, expect, test } from 'vitest'
import { OdError } from '../core/errors/index.ts'
import { answerError, connectionError } from './answer-error.ts'

const url = 'http://nas:8080'

describe('a request that failed below HTTP', () => {
  test.each([
    ['ECONNREFUSED', 'OD_CLI_UNREACHABLE', `no gateway answers at ${url} (connection refused)`],
    ['ENOTFOUND', 'OD_CLI_UNREACHABLE', `no gateway answers at ${url} (no such host)`],
    ['UND_ERR_CONNECT_TIMEOUT', 'OD_CLI_UNREACHABLE', `(no connection within 5 s)`],
    ['UND_ERR_HEADERS_TIMEOUT', 'OD_CLI_NO_ANSWER', `gave no answer within 30 s`],
    ['HPE_INVALID_CONSTANT', 'OD_CLI_NOT_A_GATEWAY', 'another protocol'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'OD_CLI_NOT_A_GATEWAY', 'another protocol'],
    ['ECONNRESET', 'OD_CLI_ANSWER_CUT', 'before it was complete'],
    ['UND_ERR_SOCKET', 'OD_CLI_ANSWER_CUT', 'before it was complete'],
  ])('%s is %s', (code, odCode, text) => {
    const cause = Object.assign(new Error('x'), { code })
    expect(connectionError(cause, url, 30_000)).toMatchObject({
      code: odCode,
      message: expect.stringContaining(text),
      cause,
    })
  })

  test('stays what it is when the network has nothing to do with it', () => {
    const bug = new TypeError('x is not a function')
    expect(connectionError(bug, url, 0)).toBe(bug)
    const known = new OdError('OD_CLI_ANSWER_CUT', { url })
    expect(connectionError(known, url, 0)).toBe(known)
  })
})

describe('an answer with an error’s status', () => {
  test('is told in the words of the server', () => {
    expect(answerError(400, '{"error":"\\"m\\" does not support chat"}', url)).toMatchObject({
      code: 'OD_CLI_REFUSED',
      message: '"m" does not support chat',
      remedy: expect.stringContaining('status 400'),
    })
  })

  test('says which models there are when that one is missing', () => {
    for (const quote of ["'", '"']) {
      const body = JSON.stringify({ error: `model ${quote}m:1b${quote} not found` })
      expect(answerError(404, body, url).message).toBe("model 'm:1b' not found")
      expect(answerError(404, body, url).code).toBe('OD_MODEL_NOT_FOUND')
    }
  })

  test.each(['404 page not found', '{"error":{"message":"x"}}', ''])(
    '%j is no gateway’s',
    (body) => {
      expect(answerError(404, body, url)).toMatchObject({
        code: 'OD_CLI_NOT_A_GATEWAY',
        message: `what answers at ${url} is no gateway (it answers with status 404)`,
      })
    },
  )
})
