/**
 * A model of 2 GiB from Debian's registry on this machine: pulled by a node, and fetched with `curl` and `sha256sum`, in turns. Linux only.
 * Both write to the same disk; the pull makes what it wrote durable, which `curl` does not.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { pushModel, seedModel } from '../../tests/support/registry/model.ts'
import { startRegistry } from '../../tests/support/registry/registry.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { spread } from '../gateway/rounds.ts'
import { type Arm, type Fetched, startByHand, startPulling } from './arms.ts'

const mebibyte = 1024 * 1024
const modelBytes = Number(process.env['OD_BENCH_MIB'] ?? 2048) * mebibyte
const rounds = 3
const repository = 'bench/m'

/** Prints medians of the rounds and of the rounds' ratios. */
export async function benchStore(): Promise<void> {
  const registry = await startRegistry()
  const arms: Arm[] = []
  try {
    const digests = await fill(registry.host)
    const pull = await startPulling(`${registry.host}/${repository}`)
    arms.push(pull)
    const hand = await startByHand(`http://${registry.host}`, repository, digests)
    arms.push(hand)
    const seen = { pull: [] as Fetched[], hand: [] as Fetched[] }
    await pull.fetch() // what V8 has to learn
    await hand.fetch()
    for (let round = 0; round < rounds; round++) {
      const isFirst = round % 2 === 0
      if (isFirst) seen.pull.push(await pull.fetch())
      seen.hand.push(await hand.fetch())
      if (!isFirst) seen.pull.push(await pull.fetch())
    }
    print(seen)
  } finally {
    for (const arm of arms) await arm.stop()
    await registry.stop()
  }
}

/** Puts the model into the registry, its bulk as one layer of noise, and gives the digests of all files of it. */
async function fill(host: string): Promise<readonly string[]> {
  const directory = await makeTemporaryDirectory()
  try {
    const path = directory.inside('layer')
    const digest = writeNoise(path)
    const session = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, {
      method: 'POST',
    })
    const url = new URL(session.headers.get('location') ?? '')
    url.searchParams.set('digest', digest)
    execFileSync('curl', [
      '-sf',
      '-H',
      'Content-Type: application/octet-stream',
      '-T',
      path,
      url.href,
    ])
    const { manifest, blobs } = await seedModel()
    const parsed = JSON.parse(manifest.toString()) as { layers: object[] }
    parsed.layers.push({
      mediaType: 'application/vnd.ollama.image.embed',
      digest,
      size: modelBytes,
    })
    await pushModel(host, repository, { manifest: Buffer.from(JSON.stringify(parsed)), blobs })
    return [digest, ...blobs.keys()]
  } finally {
    await directory.remove()
  }
}

function writeNoise(path: string): string {
  const hash = createHash('sha256')
  const piece = Buffer.alloc(8 * mebibyte)
  const file = openSync(path, 'w')
  for (let written = 0; written < modelBytes; written += piece.length) {
    hash.update(randomFillSync(piece))
    writeSync(file, piece)
  }
  closeSync(file)
  return `sha256:${hash.digest('hex')}`
}

function print({ pull, hand }: Readonly<Record<'pull' | 'hand', readonly Fetched[]>>): void {
  const gigabytes = modelBytes / 1e9
  const figures = {
    seconds: ({ seconds }: Fetched) => seconds,
    'CPU seconds per GB': ({ cpuSeconds }: Fetched) => cpuSeconds / gigabytes,
  }
  for (const [title, figure] of Object.entries(figures)) {
    const [own, others] = [pull.map(figure), hand.map(figure)]
    const ratios = own.map((value, at) => value / (others[at] ?? Number.NaN))
    console.log(
      `${title}: pull ${spread(own, 2)}, curl and sha256sum ${spread(others, 2)}, ratio ${spread(ratios, 2)}`,
    )
  }
  for (const name of ['gateway', 'engine'] as const) {
    const of = (part: 'p50' | 'p99' | 'max') =>
      spread(
        pull.map(({ loops }) => loops?.[name][part] ?? Number.NaN),
        1,
      )
    console.log(
      `event loop of the ${name}, ms late: p50 ${of('p50')}, p99 ${of('p99')}, at most ${of('max')}`,
    )
  }
}
