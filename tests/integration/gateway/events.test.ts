import { appendFile, rename, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { startBench } from './setup.ts'

const url = 'http://127.0.0.1:9' // never called

interface Event {
  readonly id?: string
  readonly event: string
  readonly data: Record<string, unknown>
}

/** A reader of server-sent events: what came so far, without comments. */
async function readEvents(address: string, lastEventId?: string) {
  const leaving = new AbortController()
  const headers: Record<string, string> =
    lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const response = await fetch(address, { headers, signal: leaving.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events: Event[] = []
  const read = async () => {
    let held = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (held + chunk).split('\n\n')
      held = blocks.pop() ?? ''
      for (const block of blocks) if (!block.startsWith(':')) events.push(parse(block))
    }
    return held
  }
  const ended = read().catch(() => 'cut')
  return { events, ended, leave: () => leaving.abort() }
}

function parse(block: string): Event {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ')
    fields.set(line.slice(0, colon), line.slice(colon + 2))
  }
  const id = fields.get('id')
  return {
    ...(id === undefined ? {} : { id }),
    event: fields.get('event') ?? '',
    data: JSON.parse(fields.get('data') ?? 'null'),
  }
}

describe('/api/v1/events', () => {
  test('brings what happens; a reader that comes back misses nothing and gets nothing twice', async () => {
    const { origin, events } = await startBench([])
    const first = await readEvents(`${origin}/api/v1/events`)
    events.add('engine.changed', { engine: 'a', state: 'running' })
    await until('the event', () => first.events.length === 1)
    expect(first.events[0]).toMatchObject({
      event: 'engine.changed',
      data: { engine: 'a', state: 'running', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    first.leave()
    await first.ended
    events.add('engine.changed', { engine: 'a', state: 'unhealthy' })
    const second = await readEvents(`${origin}/api/v1/events`, first.events[0]?.id)
    events.add('engine.changed', { engine: 'a', state: 'stopped' })
    await until('both events', () => second.events.length === 2)
    expect(second.events.map(({ data }) => data['state'])).toEqual(['unhealthy', 'stopped'])
    second.leave()
  })

  test('says what is lost: an id of an earlier start gives a gap without an id, then all that is kept', async () => {
    const { origin, events } = await startBench([])
    events.add('engine.changed', { engine: 'a' })
    const reader = await readEvents(`${origin}/api/v1/events`, 'earlier-7')
    await until('two events', () => reader.events.length === 2)
    expect(reader.events[0]).toEqual({ event: 'gap', data: { after: 'earlier-7' } })
    expect(reader.events[1]).toHaveProperty('id')
    reader.leave()
  })

  test('ends with the node, whatever the time to drain', async () => {
    const { origin, gateway } = await startBench([])
    const reader = await readEvents(`${origin}/api/v1/events`)
    await within('the stop', gateway.stop(600_000))
    expect(await reader.ended).toBe('')
  })

  test('cuts a reader that takes nothing, and no other', async () => {
    const { origin, events, logged } = await startBench([], { limits: { feedBytesMax: 50_000 } })
    const asleep = await connectRaw(origin)
    await asleep.request({ path: '/api/v1/events' })
    await asleep.head() // nothing is read after it
    const awake = await readEvents(`${origin}/api/v1/events`)
    let sent = 0
    await until('the sleeper to be cut', () => {
      // A burst that an awake reader takes before the next one.
      if (awake.events.length === sent) {
        events.add('engine.changed', { text: 'x'.repeat(40_000) })
        sent++
      }
      return logged('feed.cut').length > 0
    })
    await until('the other to have all', () => awake.events.length === sent)
    expect(logged('feed.cut')).toHaveLength(1)
    awake.leave()
  })
})

describe('/api/v1/instances/:id/logs', () => {
  const engines = [
    { id: 'embedded', url, kind: 'embedded', managed: true },
    { id: 'local', url },
  ] as const

  test('gives the newest lines, and follows through a turn of the file', async () => {
    const { origin, logFile } = await startBench(engines)
    await writeFile(logFile, 'one\ntwo\nthree\n')
    const address = `${origin}/api/v1/instances/embedded/logs`
    expect(await (await fetch(`${address}?lines=2`)).json()).toEqual({ lines: ['two', 'three'] })
    const reader = await readEvents(`${address}?lines=1&follow=true`)
    const lines = () => reader.events.map(({ data }) => data['line'])
    await until('the old line', () => lines().length === 1)
    await appendFile(logFile, 'fo')
    await appendFile(logFile, 'ur\n')
    await until('the new line', () => lines().length === 2)
    await rename(logFile, `${logFile}.1`)
    await writeFile(logFile, 'five\n')
    await until('the line after the turn', () => lines().length === 3)
    expect(lines()).toEqual(['three', 'four', 'five'])
    reader.leave()
  })

  test('of an engine that wrote nothing is empty; of a foreign one it is elsewhere; of none it is unknown', async () => {
    const { origin } = await startBench(engines)
    const ask = async (id: string) => {
      const { status, body } = await rawRequest(origin, { path: `/api/v1/instances/${id}/logs` })
      return { status, body: JSON.parse(body.toString()) as unknown }
    }
    expect(await ask('embedded')).toEqual({ status: 200, body: { lines: [] } })
    expect(await ask('local')).toMatchObject({
      status: 409,
      body: { code: 'OD_ENGINE_LOG_ELSEWHERE' },
    })
    expect(await ask('nobody')).toEqual({
      status: 404,
      body: {
        error: 'this node has no engine nobody',
        code: 'OD_ENGINE_UNKNOWN',
        remedy: 'The engines of this node: embedded, local.',
      },
    })
  })

  test('a wrong number of lines is refused with its name', async () => {
    const { origin } = await startBench(engines)
    const path = '/api/v1/instances/embedded/logs?lines=0'
    const got = await rawRequest(origin, { path })
    expect([got.status, headerOf(got, 'content-type')]).toEqual([
      400,
      'application/json; charset=utf-8',
    ])
    expect(got.body.toString()).toContain('query parameter lines')
  })
})
