import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

const mebibyte = 1024 * 1024
const sha256 = (bytes: Uint8Array | string) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

let node: RunningNode
beforeAll(async () => {
  node = await startRunningNode()
})
afterAll(() => node.stop())

const address = (digest: string) => `${node.gateway}/api/blobs/${digest}`
const isThere = async (digest: string) =>
  (await fetch(address(digest), { method: 'HEAD' })).status === 200

/** Half-written files in the store of the embedded engine. */
async function halfWritten(): Promise<string[]> {
  const names = await readdir(join(node.process.dataDir, 'models', 'blobs'))
  return names.filter((name) => !name.startsWith('sha256-'))
}

/** The most memory that the process of the gateway ever had resident, as Linux counts it. */
async function peakBytes(): Promise<number> {
  const status = await readFile(`/proc/${node.process.runFile.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

describe('A-113 (part: one node): an upload through the gateway', () => {
  test('with the wrong digest is refused in Ollama’s words and leaves nothing', async () => {
    const asked = sha256('other')
    const answer = await fetch(address(asked), { method: 'POST', body: 'bytes' })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: `digest mismatch, expected "${asked}", got "${sha256('bytes')}"` },
    ])
    expect([await isThere(asked), await halfWritten()]).toEqual([false, []])
  })

  test('that breaks off is cleaned up, and can be sent again', async () => {
    const digest = sha256('the whole file')
    const upload = request(address(digest), { method: 'POST' })
    upload.on('error', () => {}) // it is broken off below
    upload.write('the whole')
    await until('the engine writes', async () => (await halfWritten()).length === 1)
    upload.destroy()
    await until('nothing is left', async () => (await halfWritten()).length === 0)
    expect(await isThere(digest)).toBe(false)
    const again = await fetch(address(digest), { method: 'POST', body: 'the whole file' })
    expect([again.status, await isThere(digest)]).toEqual([201, true])
  })

  test('of one file twice at once succeeds twice, and there is one file', async () => {
    const bytes = Buffer.alloc(4 * mebibyte, 'twice')
    const digest = sha256(bytes)
    const send = () => fetch(address(digest), { method: 'POST', body: bytes })
    const answers = await Promise.all([send(), send(), send()])
    for (const { status } of answers) expect([200, 201]).toContain(status)
    expect([await isThere(digest), await halfWritten()]).toEqual([true, []])
    const late = await send()
    expect([late.status, await late.text()]).toEqual([200, ''])
  })
})

test('S-049 (part: one node): 200 MB go through without being held', async () => {
  const piece = Buffer.alloc(mebibyte, 'weights')
  const hash = createHash('sha256')
  for (let i = 0; i < 200; i++) hash.update(piece)
  const digest = `sha256:${hash.digest('hex')}`
  const before = await peakBytes()
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ === 200) controller.close()
      else controller.enqueue(piece)
    },
  })
  const answer = await fetch(address(digest), { method: 'POST', body, duplex: 'half' })
  expect([answer.status, await isThere(digest)]).toEqual([201, true])
  const grown = (await peakBytes()) - before
  console.log(`the gateway grew by ${Math.round(grown / mebibyte)} MiB`)
  expect(grown).toBeLessThan(100 * mebibyte) // half of the file
}, 60_000)
