import { expect, test } from 'vitest'
import { problemsOf } from '../../tests/support/config-input.ts'

/** One wrong value each: another type, beyond a bound, another form. */
const wrong: readonly (readonly [key: string, yaml: string])[] = [
  ['ollama.host', '"nas"'],
  ['ollama.host', '"256.0.0.1"'],
  ['ollama.host', '7'],
  ['ollama.port', '-1'],
  ['ollama.port', '65536'],
  ['ollama.port', '1.5'],
  ['ollama.binary', 'true'],
  ['ollama.data_dir', '[]'],
  ['ollama.model_dir', '5'],
  ['ollama.max_concurrent', '10001'],
  ['ollama.max_concurrent', '"four"'],
  ['ollama.gpu_layers', '-2'],
  ['ollama.context_length', '1'],
  ['ollama.context_length', '4k'],
  ['ollama.environment', '"A=b"'],
  ['ollama.origins', '7'],
  ['ollama.debug', '1'],
  ['integration.enabled', '"true"'],
  ['integration.process_manager.auto_start', '0'],
  ['integration.process_manager.health_check_interval', '30'],
  ['integration.process_manager.health_check_interval', '"2h"'],
  ['integration.api_gateway.port', '"8080"'],
  ['integration.api_gateway.load_balancing', '"fastest"'],
  ['integration.model_sync.sync_interval', '"-5m"'],
  ['integration.model_sync.auto_sync', 'yes'],
  ['node.data_dir', '{}'],
  ['gateway.listen', '"localhost:8080"'],
  ['gateway.accept_open', '"no"'],
  ['engines.remote', '["http://nas"]'],
  ['models.quota', '500'],
  ['models.quota', '"500G"'],
  ['models.reserve', '"some"'],
  ['links.port', '99999'],
  ['log.level', '"loud"'],
]

/** `a: { b: value }` for `a.b`. */
function yamlOf(key: string, value: string): string {
  const [last = '', ...above] = key.split('.').toReversed()
  return above.reduce((inner, name) => `${name}: { ${inner} }`, `${last}: ${value}`)
}

test('there are more than 30 of them', () => {
  expect(wrong.length).toBeGreaterThan(30)
})

test.each(wrong)(
  'S-094 (part: wrong values): %s: %s gives one error that names it, what is right, and an example',
  async (key, value) => {
    const problems = await problemsOf(yamlOf(key, value))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^FILE:1: \S.* expected .+, for example [a-z_]+: ./)
    expect(problems[0]).toContain(`FILE:1: ${key} is `)
  },
)
