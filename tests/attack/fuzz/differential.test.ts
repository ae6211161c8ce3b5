/** Fuzzed bodies, to an Ollama itself and to it through a gateway: where the one says no, the other does. */
import { expect, onTestFinished, test } from 'vitest'
import { routes } from '../../../src/gateway/routes.ts'
import { startBench } from '../../integration/gateway/setup.ts'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import { connectRaw } from '../../support/raw-http.ts'
import { within } from '../../support/until.ts'
import { sampleRepeatably } from './repeatable.ts'
import { plainRequest } from './requests.ts'

const requests = plainRequest(
  routes.filter(
    ({ handling, modelIn }) =>
      handling.type === 'relay' && handling.use !== 'export' && modelIn === 'json',
  ),
)

/** What kills an Ollama is kept from it by the gateway alone. */
const isLethal = (bytes: string) => /context|\\u/i.test(bytes)

async function statusOf(origin: string, bytes: string): Promise<number> {
  const connection = await connectRaw(origin)
  try {
    await connection.send(Buffer.from(bytes, 'latin1'))
    return (await within('a status', connection.head(), 10_000)).status
  } finally {
    connection.destroy()
  }
}

overOllamas('fuzz', (ollama) => {
  test('directly and through the gateway the status is of the same class', async () => {
    const served = await ollama.serve()
    onTestFinished(served.stop)
    const { origin } = await startBench([{ id: 'local', url: served.url }])
    const counts = new Map<number, number>()
    for (const bytes of sampleRepeatably(requests, 800).filter((one) => !isLethal(one))) {
      const direct = await statusOf(served.url, bytes)
      const relayed = await statusOf(origin, bytes)
      const classOf = (status: number) => Math.trunc(status / 100)
      expect([bytes, classOf(relayed)]).toEqual([bytes, classOf(direct)])
      counts.set(direct, (counts.get(direct) ?? 0) + 1)
    }
    expect(counts.size).toBeGreaterThan(1)
    console.log(`fuzz, ${ollama.name}: ${JSON.stringify(Object.fromEntries(counts))}`)
  })
})
