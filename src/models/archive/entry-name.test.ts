import { describe, expect, test } from 'vitest'
import { placeOf } from './entry-name.ts'

const hex = 'ab'.repeat(32)

describe('names in an archive', () => {
  test('stand for blobs and manifests, with or without a dot before them', () => {
    const blob = { type: 'blob', digest: `sha256:${hex}` }
    expect(placeOf(`blobs/sha256-${hex}`, false)).toEqual(blob)
    expect(placeOf(`./blobs/sha256-${hex}`, false)).toEqual(blob)
    expect(placeOf('manifests/registry.ollama.ai/library/pocket/latest', false)).toMatchObject({
      type: 'manifest',
      name: { host: 'registry.ollama.ai', namespace: 'library', model: 'pocket', tag: 'latest' },
    })
    for (const folder of ['./', 'blobs/', 'manifests/registry.ollama.ai']) {
      expect(placeOf(folder, true)).toEqual({ type: 'folder' })
    }
    expect(placeOf(`blobs/sha256-${hex}-partial-12`, false)).toEqual({ type: 'unfinished' })
  })

  test.each([
    '../blobs/x',
    '/etc/passwd',
    `/blobs/sha256-${hex}`,
    `blobs/../blobs/sha256-${hex}`,
    `blobs/sha256-${hex.toUpperCase()}`,
    `blobs/sha256-${hex}/x`,
    `blobs/sha256:${hex}`,
    'blobs/.tmp-1',
    'manifests/../../etc/passwd/x',
    'manifests/h/n/../x',
    'manifests/h/n/m/..',
    'manifests/h/n/m',
    'manifests/h/n/m/t/x',
    'manifests\\h\\n\\m\\t',
    'manifests/h/n/m/a\u0000b',
    'id_ed25519',
    '',
  ])('%j has no place in a store', (name) => {
    expect(placeOf(name, false)).toBeUndefined()
  })

  test.each(['..', '../', 'blobs/../..', '/blobs/'])('nor has the folder %j', (name) => {
    expect(placeOf(name, true)).toBeUndefined()
  })
})
