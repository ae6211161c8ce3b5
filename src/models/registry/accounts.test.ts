import { chmod, writeFile } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeTemporaryDirectory } from '../../../tests/support/temporary-directory.ts'
import { accountFor, accountsInFile } from './accounts.ts'

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

async function bookWith(content: object | string, mode = 0o600) {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const path = directory.inside('accounts.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  await chmod(path, mode)
  return accountsInFile(path)
}

describe('accounts of the node', () => {
  test('are found by host and port, however the key is written', async () => {
    const book = await bookWith({
      auths: {
        'Registry.lan:5000': auth('ann:se:same'),
        'https://hub.example/v1/': auth('bob:b'),
        'http://nas:5000': auth('cid:c'),
        'hub.example/team': auth('dan:d'),
      },
    })
    expect(await book('registry.LAN:5000', false)).toEqual({
      username: 'ann',
      password: 'se:same',
    })
    expect(await book('hub.example', false)).toEqual({ username: 'bob', password: 'b' })
    expect(await book('nas:5000', true)).toEqual({ username: 'cid', password: 'c' })
    expect(await book('registry.lan', false)).toBeUndefined()
    expect(await book('team', false)).toBeUndefined()
  })

  test('go over plain HTTP only where the key says so, and then only there', async () => {
    const book = await bookWith({ auths: { a: auth('ann:a'), 'http://b': auth('bob:b') } })
    expect(await book('a', true)).toBeUndefined()
    expect(await book('b', false)).toBeUndefined()
  })

  test.each([
    ['no JSON', '{', 0o600, 'it is no JSON with `auths`'],
    ['no auths', {}, 0o600, 'it is no JSON with `auths`'],
    ['null', 'null', 0o600, 'it is no JSON with `auths`'],
    ['no password', { auths: { a: auth('ann') } }, 0o600, 'no user and password'],
    ['a key alone', { auths: { a: {} } }, 0o600, 'no user and password'],
    ['readable by all', { auths: { a: auth('a:a') } }, 0o644, 'mode 644'],
  ])('are refused by name: %s', async (_, content, mode, reason) => {
    const book = await bookWith(content, mode)
    await expect(book('a', false)).rejects.toMatchObject({
      code: 'OD_REGISTRY_ACCOUNTS',
      message: expect.stringContaining(reason),
    })
  })

  test('are none where there is no file', async () => {
    expect(await accountsInFile('/nowhere/accounts.json')('a', false)).toBeUndefined()
  })
})

describe('who asks a registry', () => {
  const own = { username: 'node', password: 'n' }
  const brought = { username: 'ann', password: 'a' }
  const accounts = async () => own
  const stranger = { trustsAsker: false, listed: new Set(['open.lan']) }
  const asked = { name: { host: 'hub.example' }, insecure: false }

  test('has the account that came along; else that of the node', async () => {
    const policy = { ...stranger, trustsAsker: true }
    const bringing = { ...asked, credentials: brought }
    expect(await accountFor(bringing, { policy, accounts })).toBe(brought)
    expect(await accountFor(asked, { policy, accounts })).toBe(own)
  })

  test('has no account of the node as a stranger, unless the registry is listed', async () => {
    const open = { ...asked, name: { host: 'open.lan' } }
    expect(await accountFor(asked, { policy: stranger, accounts })).toBeUndefined()
    expect(await accountFor(open, { policy: stranger, accounts })).toBe(own)
  })

  test('has it where the node itself asks', async () => {
    const scrub = { ...asked, isOwnWish: true }
    expect(await accountFor(scrub, { policy: stranger, accounts })).toBe(own)
  })
})
