import type { EngineView } from '../core/engine.ts'
import type { Clock } from '../sys/clock.ts'
import type { Random } from '../sys/random.ts'
import { encodeGoJson } from '../wire/go-json/index.ts'
import { reportHealth } from './health.ts'
import { reportInstances } from './instances.ts'
import { reportIntegration } from './integration.ts'
import type { NodeStatus, Snapshot } from './node-status.ts'
import { renderStatusPage } from './status-page.ts'

/** A whole HTTP answer; the gateway adds what every answer carries. */
export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Further headers, names and values in turn. */
  readonly headers: readonly string[]
}

/** Where the reports look; each is asked anew for every report. */
export interface ReportSources {
  engines(): readonly EngineView[]
  node(): NodeStatus
  readonly clock: Clock
  readonly random: Random
}

/** Bytes of randomness that mark the page's own style as ours. */
const nonceBytes = 16

/** Nothing of a report may be older than its time stamp says. */
const freshHeaders = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'] as const

/** The reports as HTTP answers, in the form that the gateway serves. */
export function makeReports(sources: ReportSources): {
  health(): AdminAnswer
  instances(): AdminAnswer
  integration(): AdminAnswer
  page(): AdminAnswer
} {
  const { clock, random } = sources
  const measure = (): Snapshot => ({
    atMs: clock.wallMs(),
    node: sources.node(),
    engines: sources.engines(),
  })
  return {
    health() {
      const report = reportHealth(measure())
      return json(report, report.status === 'healthy' ? 200 : 503)
    },
    instances: () => json(reportInstances(measure()), 200),
    integration: () => json(reportIntegration(measure()), 200),
    page() {
      const nonce = random.hex(nonceBytes)
      return {
        status: 200,
        contentType: 'text/html; charset=utf-8',
        body: renderStatusPage(measure(), nonce),
        headers: [...freshHeaders, ...pageHeaders(nonce)],
      }
    },
  }
}

function json(report: object, status: number): AdminAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: encodeGoJson(report),
    headers: freshHeaders,
  }
}

/** Nothing may be loaded, run, framed or submitted; only the style that carries the nonce counts. */
function pageHeaders(nonce: string): string[] {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return ['Content-Security-Policy', policy.join('; '), 'Referrer-Policy', 'no-referrer']
}
