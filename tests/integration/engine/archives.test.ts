/** Archives of models, out of one store and into another, and archives that nobody should take in. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { packTar, type TarHeader } from 'modern-tar'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseModelName } from '../../../src/core/model-name.ts'
import { packModel, unpackModels } from '../../../src/models/index.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { digestOf, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { flipBit } from '../../support/registry/rot.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'

const manifestName = 'manifests/example.org/ns/m/latest'
let seed: SeedModel
beforeAll(async () => {
  seed = await seedModel(700_000)
})

type Entry = { readonly header: TarHeader; readonly data?: Uint8Array }

const entry = (name: string, data: Uint8Array, more: Partial<TarHeader> = {}): Entry => ({
  header: { name, size: data.length, ...more },
  ...(more.size === 0 ? {} : { data }),
})

/** The archive of the model, with what is put in the place of a part of it. */
function entries(changed: Readonly<Record<string, Entry | undefined>> = {}): Entry[] {
  const all = [
    ...[...seed.blobs].map(([digest, bytes]) => entry(`blobs/${digest.replace(':', '-')}`, bytes)),
    entry(manifestName, seed.manifest),
  ]
  const kept = all.map((one) => (one.header.name in changed ? changed[one.header.name] : one))
  return kept.filter((one) => one !== undefined)
}

async function* inPieces(bytes: Uint8Array, pieceBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

const pack = (list: readonly Entry[]) => packTar(list)

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return Buffer.concat(pieces)
}

test('a model goes out and comes in byte for byte, in pieces of any size, under another name too', async () => {
  const from = await startTestPuller()
  await unpackModels(from.store, inPieces(await pack(entries())), undefined)
  expect(await from.hasAll('example.org', seed)).toBe(true)
  const name = parseModelName('example.org/NS/m')
  if (name === undefined) throw new Error('it is a name')
  const packed = await packModel(from.modelDir, from.store, name)
  const archive = await collect(packed.chunks)
  const fileBytes = [...seed.blobs.values(), seed.manifest].reduce(
    (sum, { length }) => sum + length,
    0,
  )
  expect(packed.fileBytes).toBe(fileBytes)
  expect(archive.length - fileBytes).toBeLessThan(10_000)
  const to = await startTestPuller()
  expect(await unpackModels(to.store, inPieces(archive, 511), undefined)).toEqual([
    'example.org/ns/m:latest',
  ])
  expect(await to.hasAll('example.org', seed)).toBe(true)
  const other = await startTestPuller()
  expect(await unpackModels(other.store, inPieces(archive), parseModelName('mine'))).toEqual([
    'mine:latest',
  ])
  expect(await other.published()).toContain('registry.ollama.ai')
})

test('what is there already is not written again', async () => {
  const to = await startTestPuller()
  const archive = await pack(entries())
  await unpackModels(to.store, inPieces(archive), undefined)
  const [weights = ''] = seed.blobs.keys()
  const before = (await to.store.blobBytes(weights as never)) ?? 0
  const wrong = entry(`blobs/${weights.replace(':', '-')}`, Buffer.alloc(before))
  await unpackModels(
    to.store,
    inPieces(await pack(entries({ [wrong.header.name]: wrong }))),
    undefined,
  )
  expect(await to.hasAll('example.org', seed)).toBe(true)
})

test('a file that has rotted does not go out', async () => {
  const from = await startTestPuller()
  await unpackModels(from.store, inPieces(await pack(entries())), undefined)
  const [weights = ''] = seed.blobs.keys()
  await flipBit(from.blobFile(weights), seededRandom(4))
  const name = parseModelName('example.org/ns/m')
  if (name === undefined) throw new Error('it is a name')
  const { chunks } = await packModel(from.modelDir, from.store, name)
  await expect(collect(chunks)).rejects.toMatchObject({ code: 'OD_MODEL_DAMAGED' })
})

describe('nothing stays of an archive that is refused', () => {
  const bytes = Buffer.from('x')
  const template = digestOf(Buffer.from('{{ .Prompt }}')).replace(':', '-')
  const add =
    (name: string, more: Partial<TarHeader> = {}) =>
    async () =>
      pack([entry(name, bytes, more), ...entries()])
  const cut = (share: number) => async () => {
    const archive = await pack(entries())
    return archive.subarray(0, Math.floor(archive.length * share))
  }
  const cases: [string, string, () => Promise<Uint8Array>][] = [
    ['a name above the store', 'OD_ARCHIVE_ENTRY', add('../../etc/cron.d/x')],
    ['an absolute name', 'OD_ARCHIVE_ENTRY', add('/etc/cron.d/x')],
    ['dots within a name', 'OD_ARCHIVE_ENTRY', add('blobs/../../x')],
    ['dots within the name of a model', 'OD_ARCHIVE_ENTRY', add('manifests/a/b/../../../x')],
    ['a folder above the store', 'OD_ARCHIVE_ENTRY', add('../x/', { type: 'directory', size: 0 })],
    ['a file that has no place', 'OD_ARCHIVE_ENTRY', add('id_ed25519')],
    [
      'a symbolic link',
      'OD_ARCHIVE_ENTRY',
      add(`blobs/sha256-${'0'.repeat(64)}`, { type: 'symlink', linkname: '/etc/passwd', size: 0 }),
    ],
    [
      'a hard link',
      'OD_ARCHIVE_ENTRY',
      add('manifests/a/b/c/d', { type: 'link', linkname: '/etc/passwd', size: 0 }),
    ],
    ['a device', 'OD_ARCHIVE_ENTRY', add('blobs/x', { type: 'character-device', size: 0 })],
    [
      'a manifest of 5 MB',
      'OD_ARCHIVE_ENTRY',
      async () => pack([entry(manifestName, Buffer.alloc(5_000_000))]),
    ],
    [
      'a manifest that is none',
      'OD_MANIFEST_INVALID',
      async () => pack(entries({ [manifestName]: entry(manifestName, bytes) })),
    ],
    [
      'a file with another hash',
      'OD_DIGEST_MISMATCH',
      async () => pack(entries({ [`blobs/${template}`]: entry(`blobs/${template}`, bytes) })),
    ],
    [
      'a file that is not there',
      'OD_MODEL_INCOMPLETE',
      async () => pack(entries({ [`blobs/${template}`]: undefined })),
    ],
    ['no model', 'OD_ARCHIVE_INVALID', async () => pack(entries({ [manifestName]: undefined }))],
    ['half an archive', 'OD_ARCHIVE_INVALID', cut(0.5)],
    ['an archive without its end', 'OD_ARCHIVE_INVALID', cut(0.9995)],
    ['something else', 'OD_ARCHIVE_INVALID', async () => Buffer.alloc(20_000, 7)],
    ['nothing', 'OD_ARCHIVE_INVALID', async () => Buffer.alloc(0)],
  ]
  test.each(cases)('%s: %s', async (_, code, make) => {
    const to = await startTestPuller()
    const unpacked = unpackModels(to.store, inPieces(await make()), undefined)
    await expect(unpacked).rejects.toMatchObject({ code })
    const files = await readdir(to.modelDir, { recursive: true }).catch(() => [])
    expect(files.filter((name) => name.includes('manifests/') || name.includes('.tmp-'))).toEqual(
      [],
    )
    for (const file of files.filter((name) => name.startsWith('blobs/'))) {
      expect([...seed.blobs.keys()]).toContain(file.slice(6).replace('-', ':'))
    }
    expect((await readdir(join(to.modelDir, '..'))).filter((name) => name !== 'models')).toEqual([])
  })
})
