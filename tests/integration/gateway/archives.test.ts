/** Archives of models at a gateway: which engines get them, and which never do. */
import { expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { startReceiver } from './receiving-engine.ts'
import { startBench } from './setup.ts'

const model = { name: 'm:latest', digest: 'a'.repeat(64), modified_at: '2026-01-01T00:00:00Z' }
const errorOf = ({ body }: { body: Buffer }) => JSON.parse(body.toString()).error
const importing = { path: '/api/od/import?name=x', body: Buffer.alloc(300_000, 3) }
const exporting = { path: '/api/od/export', body: '{"model":"m"}' }

async function startMixed(models: { ollama: (typeof model)[]; ours?: (typeof model)[] }) {
  const seen: string[] = []
  const start = (id: string) =>
    startReceiver(async ({ request, response }) => {
      let bytes = 0
      for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length
      seen.push(`${id} ${request.url} ${bytes}`)
      const headers = { 'Content-Type': 'application/octet-stream', 'x-od-file-bytes': '6' }
      response.writeHead(200, headers).end('an archive')
    })
  const [ollama, ours] = await Promise.all([start('local'), start('embedded')])
  const facts = [{ id: 'local', url: ollama.url, models: models.ollama }]
  const own = {
    id: 'embedded',
    kind: 'embedded',
    url: ours.url,
    models: models.ours ?? [],
  } as const
  const bench = await startBench(models.ours === undefined ? facts : [...facts, own])
  return { ...bench, seen }
}

test('an embedded engine gives and takes them, whoever else has the model', async () => {
  const { origin, seen } = await startMixed({ ollama: [model], ours: [model] })
  const exported = await rawRequest(origin, exporting)
  expect([exported.status, exported.body.toString()]).toEqual([200, 'an archive'])
  expect(headerOf(exported, 'x-od-file-bytes')).toBe('6')
  expect((await rawRequest(origin, importing)).status).toBe(200)
  expect(seen).toEqual(['embedded /api/od/export 13', 'embedded /api/od/import?name=x 300000'])
})

test('a model that an Ollama alone has, and an archive that nobody takes, are refused by name', async () => {
  const held = await startMixed({ ollama: [model], ours: [] })
  const refused = await rawRequest(held.origin, exporting)
  expect([refused.status, errorOf(refused)]).toEqual([
    409,
    "model 'm' is in an Ollama alone, which gives no archives",
  ])
  const none = await startMixed({ ollama: [] })
  const text = 'no embedded engine runs on any node, and it alone reads and writes archives'
  for (const request of [importing, exporting]) {
    const answer = await rawRequest(none.origin, request)
    expect([answer.status, errorOf(answer)]).toEqual([409, text])
  }
  expect([...held.seen, ...none.seen]).toEqual([])
})
