import { describe, expect, test } from 'vitest'
import { inputWith, problemsOf } from '../../tests/support/config-input.ts'
import { isOdError } from '../core/errors/index.ts'
import { loadConfig } from './index.ts'
import { limits } from './limits.ts'

describe('an unknown key', () => {
  test.each([
    ['ollama:\n  prot: 1', 'FILE:2: unknown key ollama.prot; did you mean ollama.port?'],
    ['\n\nolama:\n  port: 1', 'FILE:3: unknown key olama; did you mean ollama?'],
    ['log_level: debug', 'FILE:1: unknown key log_level; did you mean log.level?'],
    [
      'integration:\n  api_gateway:\n    load_balance: x',
      'FILE:3: unknown key integration.api_gateway.load_balance; did you mean integration.api_gateway.load_balancing?',
    ],
    [
      'health_check_interval: 3s',
      'FILE:1: unknown key health_check_interval; did you mean integration.process_manager.health_check_interval?',
    ],
    ['ollama.port: 1', 'FILE:1: unknown key ollama.port; write it as ollama: { port: … }'],
    [
      'links:\n  zebra: 1',
      'FILE:2: unknown key links.zebra; known in links: links.port, links.listen',
    ],
  ])('S-094: %j is an error with its line and the nearest key', async (yaml, problem) => {
    expect(await problemsOf(yaml)).toEqual([problem])
  })
})

describe('a wrong value', () => {
  const interval = (text: string) =>
    `integration:\n  process_manager:\n    health_check_interval: ${text}`
  test.each([
    [
      'ollama:\n  port: "11434"',
      'FILE:2: ollama.port is "11434"; expected a port from 0 to 65535, where 0 means any free one, for example port: 11434',
    ],
    [
      'ollama:\n  port: 70000',
      'FILE:2: ollama.port is 70000; expected a port from 0 to 65535, where 0 means any free one, for example port: 11434',
    ],
    [
      'ollama:\n  host: nas:11434',
      'FILE:2: ollama.host is "nas:11434"; expected an IP address or localhost, without a port, for example host: 127.0.0.1',
    ],
    [
      'ollama:\n  max_concurrent: 0',
      'FILE:2: ollama.max_concurrent is 0; expected a whole number from 1 to 10000, for example max_concurrent: 4',
    ],
    [
      'ollama:\n  gpu_layers: 1.5',
      'FILE:2: ollama.gpu_layers is 1.5; expected a whole number from -1 to 10000, for example gpu_layers: -1',
    ],
    [
      'ollama:\n  model_dir:',
      'FILE:2: ollama.model_dir is empty; expected the path of a folder, for example model_dir: "/srv/ollama"',
    ],
    [
      'integration:\n  enabled: "yes"',
      'FILE:2: integration.enabled is "yes"; expected true or false, for example enabled: true',
    ],
    [
      'ollama:\n  port: [1]',
      'FILE:2: ollama.port is a list; expected a port from 0 to 65535, where 0 means any free one, for example port: 11434',
    ],
    [
      'ollama: 7',
      `FILE:1: ollama takes no value; it is a section with ${[
        'host',
        'port',
        'binary',
        'data_dir',
        'model_dir',
        'max_concurrent',
        'gpu_layers',
        'context_length',
        'environment',
        'origins',
        'debug',
      ]
        .map((name) => `ollama.${name}`)
        .join(', ')}`,
    ],
  ])('%j: line, what is right, an example', async (yaml, problem) => {
    expect(await problemsOf(yaml)).toEqual([problem])
  })

  test.each(['30', '"30"', '1.5'])(
    'S-105 (part: loading): a duration of %s lacks its unit',
    async (text) => {
      const [problem] = await problemsOf(interval(text))
      expect(problem).toContain('expected a duration with its unit (s, m or h), from 1s to 1h')
      expect(problem).toContain('for example health_check_interval: 30s')
    },
  )

  test.each(['5 m', 'soon', '-5s', '0s', '999ms', '61m'])(
    'S-105 (part: loading): %s is no duration for a health check',
    async (text) => {
      expect(await problemsOf(interval(text))).toEqual([
        expect.stringContaining('expected a duration from 1s to 1h, such as 30s, 5m or 1h'),
      ])
    },
  )

  test('S-107 (part: loading): a wrong strategy is answered with the right ones', async () => {
    expect(await problemsOf('integration: { api_gateway: { load_balancing: random } }')).toEqual([
      'FILE:1: integration.api_gateway.load_balancing is "random"; expected one of round_robin, least_loaded, model_affinity, for example load_balancing: model_affinity',
    ])
  })

  test('in a flag or a variable is named with it', async () => {
    expect(
      await problemsOf(undefined, { flags: { port: '80a' }, env: { LOG_LEVEL: 'loud' } }),
    ).toEqual([
      'flag --port: integration.api_gateway.port is "80a"; expected a port from 0 to 65535, where 0 means any free one, for example --port 8080',
      'env LOG_LEVEL: log.level is "loud"; expected one of debug, info, warn, error, for example LOG_LEVEL=info',
    ])
  })

  test('S-102 (part: loading): a variable of the environment map must be text; its value is not repeated', async () => {
    const problems = await problemsOf(
      'ollama:\n  environment:\n    GOOD: "1"\n    DEBUG: 12345\n    "A B": hunter2\n',
    )
    expect(problems).toEqual([
      expect.stringMatching(
        /^FILE:4: ollama\.environment\.DEBUG is wrong; expected text in quotes/,
      ),
      expect.stringMatching(/^FILE:5: ollama\.environment\.A B is wrong; expected a name/),
    ])
    expect(problems.join()).not.toMatch(/12345|hunter2/)
  })
})

describe('contradictions', () => {
  test('S-102 (part: loading): OLLAMA_HOST against host and port', async () => {
    const withHost = (value: string, rest = '') =>
      problemsOf(`ollama:\n  environment:\n    OLLAMA_HOST: "${value}"\n${rest}`)
    expect(await withHost('127.0.0.1:11435')).toEqual([
      'FILE:3: ollama.environment.OLLAMA_HOST is "127.0.0.1:11435", but ollama.host is 127.0.0.1 (default) and ollama.port is 11434 (default); make them agree or leave OLLAMA_HOST out',
    ])
    expect(await withHost('0.0.0.0')).toHaveLength(1)
    expect(await withHost(':11434')).toHaveLength(1)
    expect(await withHost('localhost')).toEqual([])
    expect(await withHost('http://127.0.0.1:11500/', '  port: 11500')).toEqual([])
  })

  test('gateway and engine on one port, unless no engine is touched', async () => {
    expect(await problemsOf(undefined, { flags: { port: '11434' } })).toEqual([
      'flag --port: integration.api_gateway.port and ollama.port are both 11434; choose another, for example --port 11435',
    ])
    expect(
      await problemsOf('integration: { enabled: false }', { flags: { port: '11434' } }),
    ).toEqual([])
    expect(
      await problemsOf(undefined, { flags: { port: '0', ollamaPort: '0', linkPort: '0' } }),
    ).toEqual([])
    expect(await problemsOf(undefined, { flags: { port: '4001' } })).toHaveLength(1)
    expect(await problemsOf(undefined, { flags: { linkPort: '8080' } })).toEqual([
      'flag --link-port: integration.api_gateway.port and links.port are both 8080; choose another, for example --link-port 8081',
    ])
  })

  test.each(['0.0.0.0', '192.168.1.5', '::', '::ffff:10.0.0.1'])(
    'listening at %s needs the flag that accepts it, and the error names it',
    async (listen) => {
      const [problem] = await problemsOf(undefined, { flags: { listen } })
      expect(problem).toMatch(/^flag --listen: .*add --accept-open/)
      expect(await problemsOf(undefined, { flags: { listen, acceptOpen: true } })).toEqual([])
      expect(await problemsOf('gateway: { accept_open: true }', { flags: { listen } })).toEqual([])
    },
  )

  test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
    'listening at %s needs no flag',
    async (listen) => {
      expect(await problemsOf(undefined, { flags: { listen } })).toEqual([])
    },
  )

  test('are not claimed of a setting that is wrong anyway', async () => {
    expect(await problemsOf('gateway:\n  listen: 0.0.0.0\n  accept_open: "yes"')).toEqual([
      'FILE:3: gateway.accept_open is "yes"; expected true or false, for example accept_open: false',
    ])
  })
})

describe('several problems', () => {
  test('are reported together, in the order of their lines', async () => {
    const yaml = 'log:\n  level: x\nnope: 1\nollama:\n  port: -1\n  port: 2\n'
    const lines = (await problemsOf(yaml, { flags: { port: 'x' } })).map(
      (text) => text.split(': ')[0],
    )
    expect(lines).toEqual(['flag --port', 'FILE:2', 'FILE:3', 'FILE:5', 'FILE:6'])
    const error = await loadConfig(inputWith(yaml)).catch((error: unknown) => error)
    expect(isOdError(error) && error.message.split('\n')).toHaveLength(5)
  })

  test('are at most twenty, and the rest is counted', async () => {
    const yaml = Array.from({ length: 30 }, (_, i) => `k${i}: 1`).join('\n')
    const error = await loadConfig(inputWith(yaml)).catch((error: unknown) => error)
    const lines = isOdError(error) ? error.message.split('\n') : []
    expect(lines).toHaveLength(1 + limits.problemsMax + 1)
    expect(lines.at(-1)).toBe('  and 10 more')
  })
})

test.each([
  [
    'engines:\n  remote:\n    nas: ftp://nas',
    'FILE:3: engines.remote.nas is "ftp://nas"; expected an address such as "http://nas:11434", for example remote: { nas: "http://nas:11434" }',
  ],
  [
    'engines:\n  managed:\n    second: nas:11434',
    'FILE:3: engines.managed.second is "nas:11434"; expected an IP address of this machine and a port, such as "127.0.0.1:11435", for example managed: { second: "127.0.0.1:11435" }',
  ],
  [
    'engines:\n  remote:\n    local: http://nas',
    'FILE:3: engines.remote.local is "http://nas"; expected a name of at most 64 letters, digits, dots, hyphens and underscores, other than local, default, embedded, for example remote: { nas: "http://nas:11434" }',
  ],
  [
    'engines:\n  remote: { a: nas }\n  managed:\n    a: 127.0.0.1:1',
    'FILE:4: engines.managed and engines.remote both have a; give one another name',
  ],
])('engines: %j is refused in one line', async (yaml, problem) => {
  expect(await problemsOf(yaml)).toEqual([problem])
})
