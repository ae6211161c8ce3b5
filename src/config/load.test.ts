import { describe, expect, test } from 'vitest'
import { type ConfigFlags, type ConfigInput, checkConfig, loadConfig } from './index.ts'

/** The two blocks of the integration guide, as they stand there. */
const guideOllama = `# ollama-distributed.yaml
ollama:
  host: "127.0.0.1"
  port: 11434
  data_dir: "/data/ollama"
  model_dir: "/data/ollama/models"
  max_concurrent: 4
  gpu_layers: -1
  context_length: 4096
  environment:
    OLLAMA_HOST: "127.0.0.1:11434"
    OLLAMA_KEEP_ALIVE: "5m"
`
const guideIntegration = `integration:
  enabled: true
  process_manager:
    auto_start: true
    health_check_interval: "30s"
  api_gateway:
    port: 8080
    load_balancing: "model_affinity"
  model_sync:
    sync_interval: "5m"
    auto_sync: true
`

type Surroundings = Partial<Omit<ConfigInput, 'readFile'>>

/** A machine with the files given, whose current folder is `/project` and whose home is `/home/ann`. */
function machine(files: Readonly<Record<string, string>>, surroundings: Surroundings = {}) {
  const input: ConfigInput = {
    flags: {},
    env: {},
    cwd: '/project',
    homeDir: '/home/ann',
    platform: 'linux',
    ...surroundings,
    readFile: (path) => Promise.resolve(files[path]),
  }
  return input
}

function load(yaml: string, surroundings: Surroundings = {}) {
  return loadConfig(machine({ '/project/ollama-distributed.yaml': yaml }, surroundings))
}

function loadFlags(flags: ConfigFlags, env: Readonly<Record<string, string>> = {}) {
  return loadConfig(machine({}, { flags, env }))
}

describe('the blocks of the integration guide', () => {
  test.each([
    ['the first', guideOllama],
    ['the second', guideIntegration],
    ['both', guideOllama + guideIntegration],
    [
      'both with the line ends of Windows',
      (guideOllama + guideIntegration).replaceAll('\n', '\r\n'),
    ],
  ])('S-094: %s, pasted unchanged, load without a word', async (_, yaml) => {
    const report = await checkConfig(machine({ '/project/ollama-distributed.yaml': yaml }))
    expect(report).toMatchObject({ ok: true, file: 'ollama-distributed.yaml', problems: [] })
  })

  test('give these values', async () => {
    const { values } = await load(guideOllama + guideIntegration)
    expect(values.ollama).toEqual({
      host: '127.0.0.1',
      port: 11434,
      binary: '',
      dataDir: '/data/ollama',
      modelDir: '/data/ollama/models',
      maxConcurrent: 4,
      gpuLayers: -1,
      contextLength: 4096,
      environment: { OLLAMA_HOST: '127.0.0.1:11434', OLLAMA_KEEP_ALIVE: '5m' },
      origins: [],
      debug: false,
    })
    expect(values.integration).toEqual({
      enabled: true,
      processManager: { autoStart: true, healthCheckIntervalMs: 30_000 },
      apiGateway: { port: 8080, loadBalancing: 'model_affinity' },
      modelSync: { syncIntervalMs: 300_000, autoSync: true },
    })
  })
})

describe('a value of the file reaches the settings', () => {
  const cases: readonly [string, string, string, unknown][] = [
    ['S-095 (part: loading): ollama.host', 'ollama: { host: "::1" }', 'ollama.host', '::1'],
    ['S-096 (part: loading): ollama.port', 'ollama: { port: 11500 }', 'ollama.port', 11500],
    ['ollama.port 0, any free one', 'ollama: { port: 0 }', 'ollama.port', 0],
    [
      'S-097 (part: loading): data_dir',
      'ollama: { data_dir: /srv/o }',
      'ollama.data_dir',
      '/srv/o',
    ],
    [
      'S-098 (part: loading): model_dir',
      'ollama: { model_dir: /srv/m }',
      'ollama.model_dir',
      '/srv/m',
    ],
    [
      'S-099 (part: loading): max_concurrent',
      'ollama: { max_concurrent: 1 }',
      'ollama.max_concurrent',
      1,
    ],
    ['S-100 (part: loading): gpu_layers', 'ollama: { gpu_layers: 12 }', 'ollama.gpu_layers', 12],
    [
      'S-101 (part: loading): context_length',
      'ollama: { context_length: 8192 }',
      'ollama.context_length',
      8192,
    ],
    [
      'S-102 (part: loading): environment',
      'ollama: { environment: { A_b1: "on" } }',
      'ollama.environment',
      { A_b1: '********' },
    ],
    [
      'S-103 (part: loading): enabled',
      'integration: { enabled: false }',
      'integration.enabled',
      false,
    ],
    [
      'S-104 (part: loading): auto_start',
      'integration: { process_manager: { auto_start: false } }',
      'integration.process_manager.auto_start',
      false,
    ],
    [
      'S-106 (part: loading): port',
      'integration: { api_gateway: { port: 9090 } }',
      'integration.api_gateway.port',
      9090,
    ],
    [
      'S-109 (part: loading): auto_sync',
      'integration: { model_sync: { auto_sync: false } }',
      'integration.model_sync.auto_sync',
      false,
    ],
  ]
  test.each(cases)('%s', async (_, yaml, key, value) => {
    const entry = (await load(yaml)).explain(key)
    expect(entry).toMatchObject({ value, source: 'file ollama-distributed.yaml:1' })
    expect(entry.default).not.toEqual(value)
  })

  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1m30s', 90_000],
  ])('S-105 (part: loading): a health check every %s', async (text, ms) => {
    const yaml = `integration:\n  process_manager:\n    health_check_interval: ${text}\n`
    expect((await load(yaml)).values.integration.processManager.healthCheckIntervalMs).toBe(ms)
  })

  test('S-108 (part: loading): sync_interval', async () => {
    const { values } = await load('integration: { model_sync: { sync_interval: 1h30m } }')
    expect(values.integration.modelSync.syncIntervalMs).toBe(5_400_000)
  })

  test.each(['round_robin', 'least_loaded', 'model_affinity'] as const)(
    'S-107 (part: loading): load_balancing %s',
    async (name) => {
      const { values } = await load(`integration: { api_gateway: { load_balancing: ${name} } }`)
      expect(values.integration.apiGateway.loadBalancing).toBe(name)
    },
  )

  test('an empty file, an empty section and an alias change nothing that they do not say', async () => {
    const plain = await load('')
    expect((await load('ollama:\nintegration: {}\n')).values).toEqual(plain.values)
    const { values } = await load(
      'links: { port: &p 4500 }\nintegration: { enabled: false }\nollama: { port: *p }',
    )
    expect(values.ollama.port).toBe(4500)
  })
})

describe('precedence', () => {
  test('S-114 (part: loading): flag before environment before file before default, and each value knows its source', async () => {
    const yaml = '# ours\nlog:\n  level: error\n'
    const sourceAndLevel = async (surroundings: Surroundings) => {
      const config = await load(yaml, surroundings)
      return `${config.explain('log.level').source}: ${config.values.log.level}`
    }
    const [flags, env] = [{ logLevel: 'debug' }, { LOG_LEVEL: 'WARN' }]
    expect(await sourceAndLevel({ flags, env })).toBe('flag --log-level: debug')
    expect(await sourceAndLevel({ env })).toBe('env LOG_LEVEL: warn')
    expect(await sourceAndLevel({ env: { LOG_LEVEL: '' } })).toBe(
      'file ollama-distributed.yaml:3: error',
    )
    expect((await loadFlags({})).explain('log.level')).toMatchObject({
      value: 'info',
      source: 'default',
    })
  })

  test('every flag sets its setting', async () => {
    const { values } = await loadFlags({
      dataDir: 'data',
      listen: '0.0.0.0',
      acceptOpen: true,
      port: '0',
      linkPort: '4002',
      ollamaPort: '11435',
      logLevel: 'warn',
    })
    expect(values).toMatchObject({
      node: { dataDir: '/project/data' },
      gateway: { listen: '0.0.0.0', acceptOpen: true },
      links: { port: 4002 },
      log: { level: 'warn' },
      ollama: { port: 11435 },
      integration: { apiGateway: { port: 0 } },
    })
  })

  test.each([
    ['1', true],
    ['"true"', true],
    ['2', true],
    ['yes', true],
    ['0', false],
    ['False', false],
    ['', false],
  ])('S-113 (part: loading): OLLAMA_DEBUG=%s is read as Ollama reads it', async (text, debug) => {
    expect((await loadFlags({}, { OLLAMA_DEBUG: text })).values.ollama.debug).toBe(debug)
  })

  test.each([
    ['*', ['*']],
    [' "https://a.example, http://*.b.example" ', ['https://a.example', 'http://*.b.example']],
    ['chrome-extension://abc,my://*', ['chrome-extension://abc', 'my://*']],
    ['', []],
  ])('OLLAMA_ORIGINS=%s is read as Ollama reads it', async (text, origins) => {
    expect((await loadFlags({}, { OLLAMA_ORIGINS: text })).values.ollama.origins).toEqual(origins)
  })

  test.each(['chat.example', 'https://a.example,', 'my://page', 'http://*.*.example'])(
    'OLLAMA_ORIGINS=%s, with which an Ollama would not start, is refused',
    async (text) => {
      const loading = loadFlags({}, { OLLAMA_ORIGINS: text })
      await expect(loading).rejects.toThrow('ollama.origins')
    },
  )
})

describe('files and folders', () => {
  test('the file is the named one, else that of the current folder, else that of the data folder', async () => {
    const files = {
      '/etc/od.yaml': 'log: { level: error }',
      '/project/ollama-distributed.yaml': 'log: { level: warn }',
      '/data/ollama-distributed.yaml': 'log: { level: debug }',
    }
    const level = async (surroundings: Surroundings) => {
      const { file, values } = await loadConfig(machine(files, surroundings))
      return [file, values.log.level]
    }
    expect(await level({ flags: { config: '../etc/od.yaml' } })).toEqual(['/etc/od.yaml', 'error'])
    expect(await level({ flags: { dataDir: '/data' } })).toEqual([
      'ollama-distributed.yaml',
      'warn',
    ])
    const env = { OLLAMA_DISTRIBUTED_HOME: '/data' }
    const inData = ['/data/ollama-distributed.yaml', 'debug']
    expect(await level({ cwd: '/', flags: { dataDir: '/data' } })).toEqual(
      inData.with(0, 'data/ollama-distributed.yaml'),
    )
    expect(await level({ cwd: '/tmp', env })).toEqual(inData)
    expect(await level({ cwd: '/tmp' })).toEqual([undefined, 'info'])
  })

  test.each([
    ['linux', {}, '/home/ann/.local/share/ollama-distributed'],
    ['linux', { XDG_DATA_HOME: '/x' }, '/x/ollama-distributed'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/ollama-distributed'],
    ['darwin', {}, '/home/ann/Library/Application Support/ollama-distributed'],
    ['win32', { LOCALAPPDATA: 'C:\\L' }, 'C:\\L\\ollama-distributed'],
  ])(
    'S-016 (part: paths), S-097 (part: loading): the data folder on %s with %o is the user’s own',
    async (platform, env, folder) => {
      const { values } = await loadConfig(machine({}, { platform, env }))
      const separator = platform === 'win32' ? '\\' : '/'
      expect(values.node.dataDir).toBe(folder)
      expect(values.ollama.dataDir).toBe(`${folder}${separator}ollama`)
      expect(values.ollama.modelDir).toBe(`${folder}${separator}models`)
    },
  )

  test('paths: home, relative to the file, and models that follow ollama.data_dir', async () => {
    const files = { '/etc/od/c.yaml': 'node: { data_dir: ~/od }\nollama: { data_dir: engine }' }
    const { values } = await loadConfig(machine(files, { flags: { config: '/etc/od/c.yaml' } }))
    expect(values.node.dataDir).toBe('/home/ann/od')
    expect(values.ollama.dataDir).toBe('/etc/od/engine')
    expect(values.ollama.modelDir).toBe('/etc/od/engine/models')
  })
})

test('the result cannot be changed', async () => {
  const config = await load(guideOllama)
  const objects = [config, config.values, config.values.ollama.environment, ...config.entries()]
  expect(objects.every((object) => Object.isFrozen(object))).toBe(true)
  expect(Object.isFrozen(config.values.integration.apiGateway)).toBe(true)
})

describe('engines that the file names', () => {
  const named = `engines:
  remote: { nas: "http://nas:11434", mac: 10.0.0.7 }
  managed:
    second: 127.0.0.1:11435
`

  test('are read with their addresses', async () => {
    const { values } = await load(named)
    expect(values.engines).toEqual({
      remote: { nas: 'http://nas:11434', mac: '10.0.0.7' },
      managed: { second: '127.0.0.1:11435' },
      cores: 0,
      eviction: 'ollama',
    })
  })
})
