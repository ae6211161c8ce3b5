/** Answers that Ollama collects from a stream, and that keep the stream's type: transcripts and pictures (seen on 0.24). */
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { headerOf, type RawAnswer, rawRequest } from '../../support/raw-http.ts'
import { startBench, startEngine } from './setup.ts'

const form = '--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--XX--\r\n'
const headers = [['Content-Type', 'multipart/form-data; boundary=XX']] as const
const sound = { path: '/v1/audio/transcriptions', body: form, headers }
const picture = { path: '/v1/images/generations', body: '{"model":"m","prompt":"p"}' }

function begin(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  response.flushHeaders()
  response.write(text)
}

/** What the gateway makes of an engine that says this to its end. */
async function through(request: typeof sound | typeof picture, text: string): Promise<RawAnswer> {
  const engine = await startEngine(({ response }) => {
    begin(response, text)
    response.end()
  })
  const { origin } = await startBench([{ id: 'a', url: engine.url }])
  return await rawRequest(origin, request)
}

describe('S-051 (part: answers in one piece): a transcript or a picture', () => {
  test.each([
    ['a transcript', sound, '{"text":"The audio is:"}\n'],
    ['a transcript as plain text', sound, 'The audio is:'],
    ['a picture', picture, '{"created":1,"data":[{"b64_json":"AAAA"}]}\n'],
    ['what a model without pictures says', picture, ''],
  ])('%s goes out as it came, with nothing behind it', async (_, request, text) => {
    const got = await through(request, text)
    expect([got.status, headerOf(got, 'content-type')]).toEqual([200, 'application/x-ndjson'])
    expect([got.isWhole, got.body.toString()]).toEqual([true, text])
  })

  test('a transcript without a word is that of an engine that died: another one hears the sound', async () => {
    const dying = await startEngine(({ response }) => {
      begin(response, '')
      response.end()
    })
    const well = await startEngine(({ response }) => {
      begin(response, '{"text":"b"}\n')
      response.end()
    })
    const { origin } = await startBench(
      [
        { id: 'a', url: dying.url },
        { id: 'b', url: well.url },
      ],
      { strategy: 'round_robin' },
    )
    for (let i = 0; i < 4; i++) {
      const got = await rawRequest(origin, sound)
      expect([got.status, got.body.toString()]).toEqual([200, '{"text":"b"}\n'])
    }
    expect(dying.received.length).toBeGreaterThan(0)
  })

  test('one that breaks off is cut off: no line of an error stands behind half a text', async () => {
    const engine = await startEngine(({ response, socket }) => {
      begin(response, 'The audio')
      setImmediate(() => socket.destroy())
    })
    const { origin } = await startBench([{ id: 'a', url: engine.url }])
    const got = await rawRequest(origin, sound)
    expect([got.isWhole, got.body.toString()]).toEqual([false, 'The audio'])
  })
})
