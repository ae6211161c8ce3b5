import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineError, readObjects } from './ndjson.ts'

async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk as Uint8Array)
}

async function read(bytesMax: number, ...chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  const objects: unknown[] = []
  for await (const object of readObjects(chunksOf(...chunks), bytesMax)) objects.push(object)
  return objects
}

describe('a stream of lines', () => {
  test('gives the same objects however it is cut', async () => {
    const lines = fc.array(fc.record({ text: fc.string({ unit: 'binary' }), n: fc.integer() }))
    const cuts = fc.array(fc.nat(2_000))
    await fc.assert(
      fc.asyncProperty(lines, cuts, fc.boolean(), async (objects, at, endsLine) => {
        const text = objects.map((object) => JSON.stringify(object)).join('\n')
        const bytes = Buffer.from(endsLine ? `${text}\n` : text)
        const places = [0, ...at.filter((one) => one < bytes.length).sort((a, b) => a - b)]
        const chunks = places.map((place, i) => bytes.subarray(place, places[i + 1]))
        expect(await read(1e6, ...chunks)).toEqual(JSON.parse(JSON.stringify(objects)))
      }),
    )
  })

  test('gives an object as soon as its line is complete', async () => {
    const { promise: never } = Promise.withResolvers<never>()
    async function* stalled() {
      yield Buffer.from('{"a":1}\n{"a"')
      yield await never
    }
    const first = await readObjects(stalled(), 1e6).next()
    expect(first.value).toEqual({ a: 1 })
  })

  test('passes over empty lines and carriage returns', async () => {
    expect(await read(1e6, '\n{"a":1}\r\n\r\n', '{"a":2}')).toEqual([{ a: 1 }, { a: 2 }])
  })

  test.each(['nonsense\n', '[1]\n', '"text"\n', 'null', '{"a":'])('refuses %j', async (text) => {
    await expect(read(1e6, '{"a":1}\n', text)).rejects.toThrow(LineError)
  })

  test('refuses a line beyond the limit before it is complete', async () => {
    await expect(read(10, '{"a":"', 'x'.repeat(10))).rejects.toThrow('a line of more than 10 bytes')
    expect(await read(10, '{"a":1}\n', '{"a":2}\n')).toHaveLength(2)
  })
})
