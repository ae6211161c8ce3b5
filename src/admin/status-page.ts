import { formatByteSize } from '../core/byte-size.ts'
import type { EngineView } from '../core/engine.ts'
import { isUsable, reportHealth } from './health.ts'
import { formatUtc, type Snapshot } from './node-status.ts'
import { statusPageStyle } from './status-page-style.ts'

/** How often a browser asks for the page again. */
const refreshSeconds = 5

/** Rows that a page shows of a list; a browser on a phone should still scroll. */
const rowsMax = 200

/**
 * The page for people: how the engines stand, which models are there, how to send a request. Plain HTML without scripts;
 * every figure is a measured one and stands beside its time or age. Pure; `nonce` is the style's mark in the policy.
 */
export function renderStatusPage(snapshot: Snapshot, nonce: string): string {
  const { atMs, node } = snapshot
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${refreshSeconds}">
<title>ollama-distributed</title>
<style nonce="${escapeHtml(nonce)}">${statusPageStyle}</style>
</head>
<body>
<main>
<h1>ollama-distributed</h1>
${renderHealth(snapshot)}
${renderEngines(snapshot)}
${renderModels(snapshot)}
${renderUse(snapshot)}
<footer>Node <code>${escapeHtml(node.nodeId)}</code>, version ${escapeHtml(node.version)}, up for ${formatAge(atMs - node.startedAtMs)}.
Measured at <time datetime="${formatUtc(atMs)}">${formatUtc(atMs)}</time>; asked again every ${refreshSeconds} seconds.</footer>
</main>
</body>
</html>
`
}

function renderHealth(snapshot: Snapshot): string {
  const { status, usableEngines, engines, reasons } = reportHealth(snapshot)
  const mark = status === 'healthy' ? 'good' : 'bad'
  const text =
    status === 'healthy'
      ? `${usableEngines} of ${count(engines, 'engine')} can take requests`
      : 'No engine can take requests'
  const list = reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('')
  return `<p class="banner ${mark}">${text}</p>${list === '' ? '' : `<ul>${list}</ul>`}`
}

function renderEngines({ atMs, engines }: Snapshot): string {
  const rows = engines.slice(0, rowsMax).map((engine) => renderEngine(engine, atMs))
  return section('Engines', rows, 'There is none yet.')
}

function renderEngine(engine: EngineView, atMs: number): string {
  const { id, kind, managed, state, sinceMs, reason, version, lastProbe } = engine
  const facts: [string, string | undefined][] = [
    ['Kind', `${kind}${managed ? '' : ', not started by this node'}`],
    ['Version', version],
    ['Why', reason],
    ['Requests now', String(engine.activeRequests)],
    ['Loaded', engine.loaded.map(({ name }) => name).join(', ') || 'no model'],
    [
      'Last probe',
      lastProbe === undefined
        ? undefined
        : `${lastProbe.ok ? 'answered' : 'failed'} after ${Math.round(lastProbe.durationMs)} ms, ${formatAge(atMs - lastProbe.atMs)} ago`,
    ],
  ]
  const mark = isUsable(engine) ? 'good' : 'bad'
  const head = `${escapeHtml(id)} <span class="state ${mark}">${state} for ${formatAge(atMs - sinceMs)}</span>`
  return card(head, facts)
}

function renderModels({ engines }: Snapshot): string {
  const holders = new Map<string, { size: unknown; engines: string[]; loaded: string[] }>()
  for (const engine of engines.filter(isUsable)) {
    for (const { name, ['size']: size } of engine.models) {
      const held = holders.get(name) ?? { size, engines: [], loaded: [] }
      held.engines.push(engine.id)
      if (engine.loaded.some((listing) => listing.name === name)) held.loaded.push(engine.id)
      holders.set(name, held)
    }
  }
  const rows = [...holders].slice(0, rowsMax).map(([name, { size, engines: on, loaded }]) =>
    card(escapeHtml(name), [
      ['Size', typeof size === 'number' ? formatByteSize(size) : undefined],
      ['On', on.join(', ')],
      ['Loaded on', loaded.join(', ') || undefined],
    ]),
  )
  return section('Models', rows, 'No engine that runs has one.')
}

function renderUse({ node, engines }: Snapshot): string {
  const origin = node.addresses[0]
  if (origin === undefined) return ''
  const model = engines.filter(isUsable).flatMap(({ models }) => models)[0]?.name
  const addresses = node.addresses.map((address) => `<li><code>${escapeHtml(address)}</code></li>`)
  const body = JSON.stringify({ model: model ?? 'MODEL', prompt: 'Hello' }).replaceAll(
    "'",
    '\\u0027',
  )
  const line = `curl ${origin}/api/generate -d '${body}'`
  return `<section><h2>Use it</h2><ul>${addresses.join('')}</ul><pre>${escapeHtml(line)}</pre></section>`
}

function section(title: string, rows: readonly string[], empty: string): string {
  const content =
    rows.length === 0 ? `<p>${empty}</p>` : `<div class="cards">${rows.join('')}</div>`
  return `<section><h2>${title}</h2>${content}</section>`
}

/** `head` is HTML; the facts are text, and absent ones are left out. */
function card(head: string, facts: readonly (readonly [string, string | undefined])[]): string {
  const rows = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`],
  )
  return `<article><h3>${head}</h3><dl>${rows.join('')}</dl></article>`
}

/** Two largest units of a time span: `3 d 4 h`, `12 min 5 s`, `800 ms`. */
function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds === 0) return `${Math.max(0, Math.round(ms))} ms`
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([value]) => value > 0)
  return parts
    .slice(first, first + 2)
    .flatMap(([value, unit]) => (value === 0 ? [] : [`${value} ${unit}`]))
    .join(' ')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
