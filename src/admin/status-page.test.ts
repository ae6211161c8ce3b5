import { describe, expect, test } from 'vitest'
import type { EngineView } from '../core/engine.ts'
import type { Snapshot } from './node-status.ts'
import { renderStatusPage } from './status-page.ts'

const atMs = 1_767_225_600_000

const engine: EngineView = {
  id: 'local',
  kind: 'adopted',
  url: 'http://127.0.0.1:11434',
  managed: false,
  state: 'running',
  sinceMs: atMs - 93_784_000,
  reason: 'answers',
  models: [{ name: 'pocket:latest', digest: 'd', modified_at: '', size: 3_100_000 }],
  loaded: [],
  activeRequests: 2,
  lastProbe: { atMs: atMs - 800, ok: false, durationMs: 1000.4 },
}

function render(change: Partial<EngineView> = {}, addresses = ['http://127.0.0.1:8080']): string {
  const snapshot: Snapshot = {
    atMs,
    node: {
      nodeId: 'node-1',
      name: 'desk',
      version: '0.1.0',
      startedAtMs: atMs - 65_000,
      addresses,
      components: [],
    },
    engines: [{ ...engine, ...change }],
  }
  return renderStatusPage(snapshot, 'abc')
}

describe('the status page', () => {
  test('shows every figure with its age or time', () => {
    const html = render()
    expect(html).toContain('running for 1 d 2 h')
    expect(html).toContain('failed after 1000 ms, 800 ms ago')
    expect(html).toContain('up for 1 min 5 s')
    expect(html).toContain('<time datetime="2026-01-01T00:00:00.000Z">')
  })

  test('leaves out what was not measured', () => {
    expect(render()).not.toContain('Version')
    expect(render({ version: '0.24.0' })).toContain('<dt>Version</dt><dd>0.24.0</dd>')
    const { lastProbe: _, ...unprobed } = engine
    const html = renderStatusPage(
      {
        atMs,
        node: {
          nodeId: 'n',
          name: 'desk',
          version: 'v',
          startedAtMs: atMs,
          addresses: [],
          components: [],
        },
        engines: [unprobed],
      },
      'abc',
    )
    expect(html).not.toContain('Last probe')
    expect(html).not.toContain('Use it')
  })

  test('the line to type is safe to paste, whatever a model is called', () => {
    const html = render({ models: [{ name: `a'; rm -rf "$HOME"`, digest: 'd', modified_at: '' }] })
    const [, line = ''] = /<pre>(.*)<\/pre>/.exec(html) ?? []
    const text = line.replaceAll('&#39;', "'").replaceAll('&quot;', '"')
    expect(text.match(/'/g)).toHaveLength(2)
    expect(JSON.parse(text.slice(text.indexOf("'") + 1, -1))).toEqual({
      model: `a'; rm -rf "$HOME"`,
      prompt: 'Hello',
    })
  })

  test('models of an engine that cannot be used are not offered', () => {
    const html = render({ state: 'unhealthy' })
    expect(html).toContain('No engine that runs has one.')
    expect(html).not.toContain('3.1 MB')
  })

  test('a long list ends', () => {
    const models = Array.from({ length: 1_000 }, (_, i) => ({
      name: `m${i}:1`,
      digest: 'd',
      modified_at: '',
    }))
    expect(render({ models }).match(/<article>/g)).toHaveLength(201)
  })
})
