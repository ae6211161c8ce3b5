import { describe, expect, test } from 'vitest'
import {
  badRequest,
  brokenBody,
  requestOfUnknownMethod,
  unreadableBytes,
  unreadableHead,
} from './unreadable.ts'

const head = (headers: Record<string, string>, more: object = {}) => ({
  httpVersionMajor: 1,
  httpVersionMinor: 1,
  url: '/',
  headers,
  rawHeaders: Object.entries(headers).flat(),
  ...more,
})
const host = { host: 'a:1' }

describe('a head that the parser lets pass', () => {
  test.each([
    ['as usual', head(host), undefined],
    ['chunked', head({ ...host, 'transfer-encoding': 'Chunked' }), undefined],
    ['HTTP/1.0 without a host', head({}, { httpVersionMinor: 0 }), undefined],
    ['without a host', head({}), badRequest('missing required Host header')],
    ['with a host that is none', head({ host: 'a b' }), badRequest('malformed Host header')],
    ['with two hosts', head(host, { rawHeaders: ['Host', 'a:1', 'host', 'a:1'] }), badRequest()],
    ['for another host', head(host, { url: 'http://b/' }), badRequest()],
    ['without a version', head(host, { httpVersionMajor: 0, httpVersionMinor: 9 }), badRequest()],
    [
      'in HTTP/2',
      head(host, { httpVersionMajor: 2 }),
      {
        status: 505,
        reason: 'HTTP Version Not Supported: unsupported protocol version',
        body: '505 HTTP Version Not Supported: unsupported protocol version',
      },
    ],
    [
      'with a coding before the chunks',
      head({ ...host, 'transfer-encoding': 'gzip, chunked' }),
      { status: 501, reason: 'Not Implemented', body: 'Unsupported transfer encoding' },
    ],
  ])('%s', (_, request, expected) => {
    expect(unreadableHead(request)).toEqual(expected)
  })
})

describe('bytes that the parser refuses', () => {
  const error = (code: string, reason = '', packet = '') =>
    Object.assign(new Error(), { code, reason, rawPacket: Buffer.from(packet) })
  const token = 'HPE_INVALID_HEADER_TOKEN'

  test.each([
    ['no method', error('HPE_INVALID_METHOD'), 400, '400 Bad Request'],
    [
      'a name with a blank',
      error(token, 'Invalid header token', 'GET /\r\nA : b'),
      400,
      '400 Bad Request: invalid header name',
    ],
    [
      'no colon',
      error(token, 'Invalid header token', 'GET /\r\nnonsense\r\n'),
      400,
      '400 Bad Request',
    ],
    ['a control character', error(token, 'Invalid header value char'), 400, '400 Bad Request'],
    [
      'another coding',
      error('HPE_INVALID_TRANSFER_ENCODING', 'Request has invalid'),
      501,
      'Unsupported transfer encoding',
    ],
    [
      'a length beside chunks',
      error('HPE_INVALID_TRANSFER_ENCODING', "can't be present with Content-Length"),
      400,
      '400 Bad Request',
    ],
    ['too long a head', error('HPE_HEADER_OVERFLOW'), 431, '431 Request Header Fields Too Large'],
  ])('%s', (_, refused, status, body) => {
    expect(unreadableBytes(refused)).toMatchObject({ status, body })
  })

  test.each([
    ['BREW /pot HTTP/1.1\r\n', { method: 'BREW', target: '/pot' }],
    ['BREW /a pot HTTP/1.1\r\n', undefined],
    ['hello\r\n', undefined],
  ])('%j asks with a method of its own, or not', (packet, expected) => {
    expect(requestOfUnknownMethod(error('HPE_INVALID_METHOD', '', packet), 100)).toEqual(expected)
  })

  test('a body that breaks off is a fault of the JSON in it', () => {
    expect(brokenBody(error('HPE_INVALID_EOF_STATE'))).toBe('unexpected EOF')
    expect(brokenBody(error('HPE_INVALID_CHUNK_SIZE'))).toBe('invalid byte in chunk length')
    expect(brokenBody(error('HPE_INVALID_METHOD'))).toBeUndefined()
  })
})
