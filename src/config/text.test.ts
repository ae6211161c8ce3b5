import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type ConfigInput,
  checkConfig,
  configCheckText,
  configExplainText,
  configJsonSchema,
  configShowText,
  loadConfig,
} from './index.ts'

const yaml = `ollama:
  port: 11500
  environment:
    OLLAMA_HOST: 127.0.0.1:11500
    OLLAMA_API_KEY: hunter2
    HTTPS_PROXY: http://ann:hunter2@proxy
integration:
  process_manager: { health_check_interval: 90s }
`

function inputWith(text: string): ConfigInput {
  return {
    flags: { port: '9090' },
    env: {},
    cwd: '/project',
    homeDir: '/home/ann',
    platform: 'linux',
    readFile: (path) =>
      Promise.resolve(path === '/project/ollama-distributed.yaml' ? text : undefined),
  }
}

describe('config show', () => {
  test('says where each value comes from and shows no secret', async () => {
    const config = await loadConfig(inputWith(yaml))
    const text = configShowText(config)
    expect(text).toContain(
      'ollama:\n  host: "127.0.0.1"  # default\n  port: 11500  # file ollama-distributed.yaml:2\n',
    )
    expect(text).toContain(
      '  environment:  # file ollama-distributed.yaml:3\n    OLLAMA_HOST: "127.0.0.1:11500"\n    OLLAMA_API_KEY: "********"\n',
    )
    expect(text).toContain(
      'integration:\n  enabled: true  # default\n  process_manager:\n    auto_start: true  # default\n',
    )
    expect(text).toContain('    health_check_interval: "1m30s"  # file ollama-distributed.yaml:8\n')
    expect(text).toContain('    port: 9090  # flag --port\n')
    expect(text + JSON.stringify(config.entries())).not.toContain('hunter2')
    expect(config.values.ollama.environment['OLLAMA_API_KEY']).toBe('hunter2')
  })

  test('prints a file that loads to the same values', async () => {
    const original = await loadConfig(
      inputWith('ollama: { environment: { OLLAMA_ORIGINS: "a\\"b\\n#c" } }'),
    )
    const again = await loadConfig({ ...inputWith(configShowText(original)), flags: {} })
    expect(again.values).toEqual(original.values)
  })
})

describe('config explain', () => {
  test('tells all about one setting', async () => {
    expect(configExplainText(await loadConfig(inputWith(yaml)), 'ollama.port')).toBe(`ollama.port
  Port of that engine; an Ollama that already listens there is used as it is.

  value         11500
  source        file ollama-distributed.yaml:2
  default       11434
  expected      a port from 0 to 65535, where 0 means any free one
  flag          --ollama-port N
  takes effect  at the next start
  since         0.1.0
`)
  })

  test('names the unit and the variable where there is one', async () => {
    const config = await loadConfig(inputWith(yaml))
    expect(configExplainText(config, 'ollama.context_length')).toMatch(/unit +tokens/)
    expect(configExplainText(config, 'log.level')).toMatch(/environment +LOG_LEVEL/)
  })

  test.each([
    ['ollama.prot', 'there is no setting ollama.prot; did you mean ollama.port?'],
    [
      'integration.api_gateway',
      'it is a section with integration.api_gateway.port, integration.api_gateway.load_balancing',
    ],
    [
      'constructor',
      'there is no setting constructor; known at the top: node, gateway, engines, models, links, cluster, log, ollama, integration',
    ],
  ])('of %s helps on', async (key, text) => {
    const config = await loadConfig(inputWith(yaml))
    expect(() => configExplainText(config, key)).toThrow(text)
  })
})

test('config check counts what is set, or lists what is wrong', async () => {
  expect(configCheckText(await checkConfig(inputWith(yaml)))).toBe(
    'ollama-distributed.yaml: no problem found; settings not at their default: 4\n',
  )
  expect(configCheckText(await checkConfig(inputWith('log: { levle: x }')))).toBe(
    'ollama-distributed.yaml: problems found\n  ollama-distributed.yaml:1: unknown key log.levle; did you mean log.level?\n',
  )
})

test('the JSON Schema takes what loads and refuses what does not', async () => {
  const schema = z.fromJSONSchema(configJsonSchema())
  const { ollama, ...others } = {
    ollama: { host: '::1', port: 0, environment: { A: 'b' }, gpu_layers: -1 },
    integration: { process_manager: { health_check_interval: '1h30m' }, model_sync: null },
    log: { level: 'debug' },
  }
  expect(schema.safeParse({ ollama, ...others }).success).toBe(true)
  for (const wrong of [
    { olama: {} },
    { ollama: { port: '1' } },
    { ollama: { host: 'nas' } },
    { ollama: { environment: { A: 1 } } },
    { log: { level: 'loud' } },
    { integration: { process_manager: { health_check_interval: 30 } } },
    { integration: { process_manager: { health_check_interval: '30' } } },
  ]) {
    expect(schema.safeParse(wrong).success).toBe(false)
    expect((await checkConfig(inputWith(JSON.stringify(wrong)))).ok).toBe(false)
  }
})
