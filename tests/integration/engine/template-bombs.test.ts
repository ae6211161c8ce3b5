/** Templates that ask for more time or memory than there is, through a running engine. */
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeRandomModel } from '../../../tools/random-gguf/random-model.ts'
import { createModel } from '../../support/create-model.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

/** A budget is spent in some two seconds of a core; here others may use it too. */
const endsWithinMs = 20_000
const extraBytesMax = 400 * 2 ** 20

const goBombs = {
  count: '{{ range 9000000000000000000 }}{{ end }}{{ .Messages }}',
  'itself, twice':
    '{{ define "a" }}{{ template "a" . }}{{ template "a" . }}{{ end }}{{ template "a" . }}{{ .Messages }}',
  doubling: '{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}{{ .Messages }}',
  output: '{{ range 1000000 }}{{ printf "%100d" 1 }}{{ end }}{{ .Messages }}',
}
const jinjaBombs = {
  loops: '{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}',
  doubling:
    "{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
  list: '{{ range(99999999999) | list }}',
  'list that doubles':
    '{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}',
}
const kinds = [
  ['Go', goBombs],
  ['Jinja', jinjaBombs],
] as const

let engine: TestEngine
beforeAll(async () => {
  engine = await startTestEngine()
  const directory = await makeTemporaryDirectory()
  const size = { layers: 1, width: 64, contextTokens: 128 }
  const weights = directory.inside('weights')
  for (const [kind, bombs] of kinds) {
    for (const [index, template] of Object.values(bombs).entries()) {
      writeRandomModel(weights, size, kind === 'Jinja' ? template : undefined)
      const texts = kind === 'Go' ? { template } : {}
      await createModel(engine.modelDir, `${kind}-${index}`.toLowerCase(), weights, texts)
    }
  }
  await directory.remove()
})
afterAll(() => engine.stop())

test('S-035 (part: bounds of templates): a template bomb ends as an error, and the engine goes on', {
  timeout: 240_000,
}, async () => {
  const messages = [{ role: 'user', content: 'Hi' }]
  const told: string[] = []
  for (const [kind, bombs] of kinds) {
    for (const [index, name] of Object.keys(bombs).entries()) {
      const model = `${kind}-${index}`.toLowerCase()
      const before = process.memoryUsage.rss()
      const startedMs = performance.now()
      const answer = await engine.post('/api/chat', { model, messages })
      const tookMs = performance.now() - startedMs
      const { error } = (await answer.json()) as { error?: string }
      const extraBytes = process.memoryUsage.rss() - before
      const mib = Math.round(extraBytes / 2 ** 20)
      told.push(`${kind}, ${name}: ${tookMs.toFixed(0)} ms, ${mib} MiB: ${error}`)
      expect([name, answer.status]).toEqual([name, 500])
      expect(error).toMatch(/template/)
      expect(tookMs).toBeLessThan(endsWithinMs)
      expect(extraBytes).toBeLessThan(extraBytesMax)
    }
  }
  console.log(told.join('\n'))
  const prompt = 'What is the capital of France?'
  const sound = await engine.json('/api/generate', { model: 'pocket', prompt, stream: false })
  expect(sound['response']).toContain('Paris')
})
