/** What the real product leaves of long bodies on its disk. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { namelessFiles } from '../../support/nameless-files.ts'
import { connectRaw } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { bigChat, digestOf, sendChunks, startHashingEngine } from '../gateway/big-chat.ts'
import { startRunningNode } from './running-node.ts'

const mib = 1024 * 1024

test.skipIf(process.platform !== 'linux')(
  'S-035: a chat of 40 MiB goes through; after kill -9 in the middle of another nothing of it is left, nor of what a start finds',
  async () => {
    const engine = await startHashingEngine()
    const directory = await makeTemporaryDirectory()
    onTestFinished(() => directory.remove())
    const spool = directory.inside('spool')
    const options = {
      dataDir: directory.path,
      args: ['--ollama-port', new URL(engine.url).port],
    }
    const node = await startRunningNode(options)
    const got = await sendChunks(node.gateway, bigChat(40 * mib))
    expect([got.status, got.headers['x-od-engine']]).toEqual([200, 'local'])
    expect(engine.received.at(-1)).toMatchObject(digestOf(bigChat(40 * mib)))

    const tooLong = await sendChunks(node.gateway, bigChat(80 * mib, 'pocket'))
    expect([tooLong.status, tooLong.body]).toEqual([413, '{"error":"request body exceeds 64 MiB"}'])

    const connection = await connectRaw(node.gateway)
    const length = digestOf(bigChat(40 * mib)).bytes
    await connection.send(
      `POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`,
    )
    for (const chunk of [...bigChat(40 * mib)].slice(0, 200)) await connection.send(chunk)
    await until(
      'it to be on disk',
      () => namelessFiles(node.process.runFile.pid, 'spool').length > 0,
    )
    await node.process.kill()
    expect(readdirSync(spool)).toEqual([])

    mkdirSync(spool, { recursive: true })
    writeFileSync(join(spool, 'body-0123456789abcdef'), 'as a kill between two calls leaves it')
    const again = await startRunningNode(options)
    expect(readdirSync(spool)).toEqual([])
    expect((await sendChunks(again.gateway, bigChat(2 * mib))).status).toBe(200)
    await again.stop()
  },
)
