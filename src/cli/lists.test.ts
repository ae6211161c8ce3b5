import { describe, expect, test } from 'vitest'
import { modelsTable } from './models.ts'
import { engineText } from './node-names.ts'
import { loadedTable } from './ps.ts'
import { showPage } from './show.ts'
import { statusPage } from './status.ts'

const nowMs = Date.parse('2026-06-01T12:00:00Z')
const digest = 'c53d286ba483aaaa'

describe('the table of models', () => {
  const answer = {
    models: [
      { name: 'pocket:latest', digest, size: 3_100_000, modified_at: '2026-06-01T11:00:00Z' },
      { name: 'Big:7b', digest: `sha256:${digest}`, size: 4_700_000_000, modified_at: '' },
      {
        name: 'far:cloud',
        digest,
        size: 300,
        remote_model: 'far',
        modified_at: '2026-05-01T12:00:00Z',
      },
    ],
  }

  test('has the form of Ollama’s', () => {
    expect(modelsTable(answer, '', nowMs).split('\n')).toEqual([
      'NAME             ID              SIZE      MODIFIED',
      'pocket:latest    c53d286ba483    3.1 MB    About an hour ago',
      'Big:7b           c53d286ba483    4.7 GB    -',
      'far:cloud        c53d286ba483    -         4 weeks ago',
    ])
  })

  test('says until when one is not loaded that ended its runners, and nothing of it later', () => {
    const models = answer.models.with(0, {
      ...answer.models[0],
      refused_until: '2026-06-01T12:04:00Z',
    } as never)
    const lines = modelsTable({ models }, '', nowMs).split('\n')
    expect(lines[0]).toMatch(/MODIFIED +NOT LOADED UNTIL$/)
    expect(lines[1]).toMatch(/About an hour ago +4 minutes from now$/)
    expect(lines[2]).toMatch(/- +-$/)
    expect(modelsTable({ models }, '', nowMs + 240_000)).not.toContain('NOT LOADED')
  })

  test('lists those that begin with the prefix, whatever the case', () => {
    expect(modelsTable(answer, 'big', nowMs)).toMatch(/\nBig:7b .*$/)
    expect(modelsTable(answer, 'none', nowMs).split('\n')).toHaveLength(1)
  })

  test('cannot be used to write to the terminal', () => {
    const name = 'a\u001b[2Jb\nc\u009b31m'
    expect(modelsTable({ models: [{ name }] }, '', nowMs)).toContain('\na[2Jb c31m ')
  })

  test.each([{}, { models: null }, { models: [1, 'x', null] }])('of %j is empty', (answer) => {
    expect(modelsTable(answer, '', nowMs)).toBe('NAME    ID    SIZE    MODIFIED')
  })
})

describe('the table of loaded models', () => {
  const model = (more: object) => ({
    name: 'm:latest',
    digest,
    size: 1_000,
    size_vram: 0,
    context_length: 4096,
    expires_at: '2026-06-01T12:04:30Z',
    ...more,
  })
  const cell = (more: object, column: number) =>
    loadedTable({ models: [model(more)] }, '', nowMs)
      .split('\n')[1]
      ?.split(/ {2,}/)[column]

  test.each([
    [{}, '100% CPU'],
    [{ size_vram: 1_000 }, '100% GPU'],
    [{ size_vram: 250 }, '75%/25% CPU/GPU'],
    [{ size_vram: 2_000 }, 'Unknown'],
  ])('%j runs on %s', (more, text) => {
    expect(cell(more, 3)).toBe(text)
  })

  test.each([
    [{}, '4 minutes from now'],
    [{ expires_at: '2026-06-01T11:59:59Z' }, 'Stopping...'],
    [{ expires_at: '2318-01-01T00:00:00Z' }, 'Forever'],
  ])('%j stays until: %s', (more, text) => {
    expect(cell(more, 5)).toBe(text)
  })

  test('says engine and node where the gateway does, and only there', () => {
    expect(loadedTable({ models: [model({})] }, '', nowMs)).not.toContain('ENGINE')
    const [head, row] = loadedTable(
      { models: [model({ node: 'n1', engine: 'embedded' })] },
      '',
      nowMs,
    ).split('\n')
    expect(head).toMatch(/UNTIL +ENGINE +NODE$/)
    expect(row).toMatch(/ embedded +n1$/)
  })
})

describe('the page of a model', () => {
  test('shows what is known, in Ollama’s sections', () => {
    const page = showPage({
      details: { family: 'llama', parameter_size: '1.5M', quantization_level: 'F16' },
      model_info: { 'general.architecture': 'llama', 'llama.context_length': 512 },
      capabilities: ['completion', 'tools'],
      parameters: 'stop                           "<|end|> x"\ntemperature                    0.5',
      system: 'You are\n\nsmall.\nVery.',
    })
    expect(page.split('\n')).toEqual([
      '  Model',
      '    architecture      llama',
      '    parameters        1.5M',
      '    context length    512',
      '    quantization      F16',
      '',
      '  Capabilities',
      '    completion',
      '    tools',
      '',
      '  Parameters',
      '    stop           "<|end|> x"',
      '    temperature    0.5',
      '',
      '  System',
      '    You are',
      '    small.',
      '    ...',
    ])
  })
})

test('engines and models of other nodes stand with the names of their nodes', () => {
  const names = new Map([['12D3KooWA', 'attic']])
  expect(engineText('embedded@12D3KooWA', names)).toBe('embedded@attic')
  expect(engineText('embedded@12D3KooWB', names)).toBe('embedded@12D3KooWB')
  expect(engineText('embedded', names)).toBe('embedded')
  const loaded = { name: 'a', engine: 'embedded', node: '12D3KooWA' }
  expect(loadedTable({ models: [loaded] }, '', nowMs, names)).toMatch(/embedded +attic$/)
})

describe('the page of a node', () => {
  const answer = {
    node: 'n1',
    name: 'desk',
    status: 'healthy',
    version: '0.1.0',
    startedAt: '2026-06-01T11:00:00Z',
    addresses: ['http://127.0.0.1:8080', 'http://10.0.0.2:8080'],
    instances: [
      {
        id: 'embedded',
        kind: 'embedded',
        url: 'http://127.0.0.1:11434',
        state: 'running',
        since: '2026-06-01T11:59:00Z',
        loadedModels: ['a', 'b'],
        activeRequests: 2,
        queuedRequests: 7,
      },
    ],
  }

  test('shows the node and one line per engine', () => {
    const run = { pid: 42, startedAt: '', version: '', gateway: 'http://127.0.0.1:8080' }
    expect(statusPage(answer, { url: run.gateway, node: run }, nowMs).split('\n')).toEqual([
      'node       desk',
      'id         n1',
      'status     healthy',
      'version    0.1.0',
      'pid        42',
      'started    About an hour ago (2026-06-01T11:00:00Z)',
      'address    http://127.0.0.1:8080, http://10.0.0.2:8080',
      '',
      'ENGINE      KIND        STATE      SINCE                 LOADED    ACTIVE    QUEUED    ADDRESS',
      'embedded    embedded    running    About a minute ago    a, b      2         7         http://127.0.0.1:11434',
    ])
  })

  test('shows a dash or nothing for what is not known', () => {
    const page = statusPage(
      { node: 'n1', instances: [{ id: 'x' }] },
      { url: 'http://nas:8080' },
      nowMs,
    )
    expect(page).not.toMatch(/^(pid|started)/m)
    expect(page.split('\n').at(-1)).toMatch(/^x( +)- +- +- +-$/)
  })
})
