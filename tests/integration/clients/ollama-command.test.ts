/** Ollama's own command as a client: all that it is told is where the gateway is. */
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd } from '../../support/node-process.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { type Ground, setUpReal } from './ground.ts'

/** Temperature 0, a fixed seed and four tokens are in its Modelfile. */
const model = 'smol-sys'

/** One after the other; each meets what the earlier ones left. */
const commands = [
  ['list'],
  ['show', model],
  ['show', model, '--modelfile'],
  ['show', 'nope'],
  ['run', model, 'Say two.'],
  ['ps'],
  ['stop', model],
  ['stop', 'nope'],
  ['--version'],
] as const

interface Said {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

describe("S-057 (part: Ollama's command): through two nodes it says what it says to the Ollama itself", () => {
  let ground: Ground | { readonly missing: string } = { missing: 'nothing was set up' }
  const directly = new Map<string, Said>()
  let run: (origin: string, args: readonly string[]) => Promise<Said>
  let removeHome = async () => {}
  beforeAll(async () => {
    ground = await setUpReal()
    if ('missing' in ground) return
    const home = await makeTemporaryDirectory()
    removeHome = () => home.remove()
    run = async (origin, args) => {
      const env = { OLLAMA_HOST: origin, HOME: home.path, TZ: 'UTC' }
      const line = { command: realBinary ?? '', args, env }
      const { code, stdout, stderr } = await runToEnd(line, { timeoutMs: 60_000 })
      const told = withoutTimes(stdout)
      const isTable = args[0] === 'list' || args[0] === 'ps'
      return { code, stdout: isTable ? rowsSorted(told) : told, stderr: withoutTimes(stderr) }
    }
    const { engine } = ground
    for (const args of commands) directly.set(args.join(' '), await run(engine, args))
    await untilUnloaded(engine)
  }, 300_000)
  afterAll(async () => {
    if (!('missing' in ground)) await ground.stop()
    await removeHome()
  })

  for (const args of commands) {
    test(`ollama ${args.join(' ')}`, async ({ skip }) => {
      if ('missing' in ground) return skip(ground.missing)
      const { gateway } = ground
      const said = await run(gateway, args)
      expect(said).toEqual(directly.get(args.join(' ')))
      if (args[0] === 'stop' && args[1] === model) await untilUnloaded(gateway)
    })
  }
})

async function untilUnloaded(origin: string): Promise<void> {
  await until('the model to be unloaded', async () => {
    const { models } = (await (await fetch(`${origin}/api/ps`)).json()) as { models: object[] }
    return models.length === 0
  })
}

/** What changes from one look to the next: how long ago, how long yet, and what a terminal would draw. */
function withoutTimes(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\u2800-\u28ff] ?/g, '')
    .replaceAll(/(?:Less than a second|About an? \w+|\d+ \w+) (?:ago|from now) */g, '<time>')
    .replaceAll(/ +$/gm, '')
}

/** Of models that were made in the same second, Ollama lists any one first. */
function rowsSorted(table: string): string {
  const [head = '', ...rows] = table.trimEnd().split('\n')
  return [head, ...rows.sort()].join('\n')
}
