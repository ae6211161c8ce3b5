import { describe, expect, test } from 'vitest'
import { proxyFor, proxyVariables } from './proxy-choice.ts'

const env = { HTTPS_PROXY: 'http://secure:1', http_proxy: 'plain:2', NO_PROXY: '' }
const chosen = (url: string, noProxy = '') =>
  proxyFor(new URL(url), { ...proxyVariables(env), noProxy })?.host

test('each scheme has its variable; a proxy without a scheme speaks HTTP', () => {
  expect(chosen('https://r.example/v2/')).toBe('secure:1')
  expect(chosen('http://r.example/v2/')).toBe('plain:2')
  expect(proxyFor(new URL('https://r.example'), proxyVariables({}))).toBeUndefined()
})

test('capitals win over small letters', () => {
  const both = proxyVariables({ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' })
  expect(proxyFor(new URL('https://r.example'), both)?.host).toBe('a:1')
})

describe('NO_PROXY, as Go reads it', () => {
  test.each([
    ['https://localhost:5000', ''],
    ['https://127.0.0.9', ''],
    ['https://[::1]:5000', ''],
    ['https://r.example', '*'],
    ['https://r.example', 'r.example'],
    ['https://R.example', 'other, R.EXAMPLE'],
    ['https://a.r.example', 'r.example'],
    ['https://a.r.example', '.r.example'],
    ['https://a.r.example', '*.r.example'],
    ['https://r.example', 'r.example:443'],
    ['http://r.example:5000', 'r.example:5000'],
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.1.2.3'],
    ['https://[fd00::9]', 'fd00::/8'],
    ['https://[fd00::9]', 'fd00::9'],
  ])('%s is reached directly with "%s"', (url, noProxy) => {
    expect(chosen(url, noProxy)).toBeUndefined()
  })

  test.each([
    ['https://r.example', ''],
    ['https://r.example', '.r.example'],
    ['https://xr.example', 'r.example'],
    ['https://r.example', 'r.example:8443'],
    ['https://10.1.2.3', '10.1.2.0/99'],
    ['https://11.1.2.3', '10.0.0.0/8'],
    ['https://r.example', '10.0.0.0/8'],
  ])('%s goes through the proxy with "%s"', (url, noProxy) => {
    expect(chosen(url, noProxy)).toBe('secure:1')
  })
})

test.each(['socks5://p:1', 'http://', 'ftp://p'])(
  '%s cannot be used, and is not passed over',
  (text) => {
    const variables = proxyVariables({ HTTPS_PROXY: text })
    expect(() => proxyFor(new URL('https://r.example'), variables)).toThrow('HTTPS_PROXY')
  },
)
