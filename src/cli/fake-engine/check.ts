import { type CheckSummary, checkEngine } from '../../fake-engine/check/index.ts'
import { type CommandHandler, textOption } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { parseHost } from '../host.ts'
import { printJson } from '../json-output.ts'
import { renderColumns } from '../text-table.ts'
import { wholeNumber } from './flags.ts'

const requests = {
  name: 'requests',
  flag: '--requests',
  min: 1,
  max: 1_000_000,
  fallback: 100,
} as const

const clients = { name: 'clients', flag: '--clients', min: 1, max: 1_000, fallback: 8 } as const

const tokens = { name: 'tokens', flag: '--tokens', min: 1, max: 1_000_000, fallback: 64 } as const

const silence = { name: 'silence', flag: '--silence', min: 1, max: 86_400, fallback: 60 } as const

/** `fake-engine check`: ends with 0 when every answer was good or refused by rule. */
export const fakeEngineCheck: CommandHandler = async (call) => {
  const ending = new AbortController()
  const stopHearing = call.self.onSignal(['SIGINT', 'SIGTERM'], () => ending.abort())
  const summary = await checkEngine({
    baseUrl: parseHost(call.operands[0] ?? '', '<url>'),
    model: textOption(call, 'model') ?? 'tiny',
    requests: wholeNumber(call, requests),
    clients: wholeNumber(call, clients),
    isIndexed: call.options['words'] !== true,
    tokensMax: wholeNumber(call, tokens),
    silenceMs: wholeNumber(call, silence) * 1000,
    clock: call.clock,
    signal: ending.signal,
  })
  stopHearing()
  if (!printJson(call, summary)) call.terminal.print(summaryText(summary))
  if (ending.signal.aborted) return exitCodes.interrupted
  const { ok, refused } = summary.classes
  return ok + refused === summary.answers ? exitCodes.ok : exitCodes.failure
}

/** The summary for people: the classes, times, and the first bad answers. */
export function summaryText(summary: CheckSummary): string {
  const { answers, classes, elapsedMs, firstTokenMs, examples } = summary
  const seconds = elapsedMs / 1000
  const first =
    firstTokenMs === undefined
      ? 'none'
      : `p50 ${firstTokenMs.p50.toFixed(1)} ms, p99 ${firstTokenMs.p99.toFixed(1)} ms`
  const rows = [
    ['answers', `${answers} in ${seconds.toFixed(1)} s`],
    ...Object.entries(classes).map(([name, count]) => [name, String(count)]),
    [
      'tokens',
      `${summary.tokens}, ${(summary.tokens / Math.max(seconds, 0.001)).toFixed(0)} per s`,
    ],
    ['first token', first],
  ]
  const bad = examples.map(({ number, api, isStreamed, status, ...verdict }) => [
    verdict.class,
    `#${number} ${api}, ${isStreamed ? 'streamed' : 'whole'}`,
    `status ${status ?? 'none'}`,
    `after ${verdict.tokens} tokens: ${verdict.reason}`,
  ])
  return [renderColumns(rows), ...(bad.length > 0 ? ['', renderColumns(bad)] : [])].join('\n')
}
