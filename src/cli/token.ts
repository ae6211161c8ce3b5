/** Tokens with which nodes join. */
import { parseGoDuration } from '../core/duration.ts'
import { type Call, type CommandHandler, textOption } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { numberField, objectList, textField, textList } from './ndjson.ts'
import { relativeTime } from './relative-time.ts'
import { joinLine } from './start/texts.ts'
import { renderTable } from './text-table.ts'

/** `token create`: prints the line for the other machine. */
export const tokenCreate: CommandHandler = async (call) => {
  const body = { uses: usesOf(call), ttlSeconds: ttlSecondsOf(call) }
  const gateway = await openGateway(call)
  const token = await gateway.post('/api/v1/tokens', body)
  if (printJson(call, token)) return exitCodes.ok
  const status = await gateway.get('/api/v1/cluster/status')
  call.terminal.print(joinLine(textList(status, 'joinAddresses'), textField(token, 'token')))
  call.terminal.note(
    `For ${body.uses === 1 ? 'one node' : `${body.uses} nodes`}, until ${textField(token, 'expiresAt')}. It is not shown again.`,
  )
  return exitCodes.ok
}

/** `token list`. */
export const tokenList: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/v1/tokens')
  if (printJson(call, answer)) return exitCodes.ok
  const nowMs = call.clock.wallMs()
  const rows = objectList(answer, 'tokens').map((token) => [
    textField(token, 'id'),
    String(numberField(token, 'usesLeft') ?? '-'),
    relativeTime(textField(token, 'createdAt'), nowMs),
    relativeTime(textField(token, 'expiresAt'), nowMs),
  ])
  call.terminal.print(renderTable(['TOKEN', 'USES LEFT', 'CREATED', 'EXPIRES'], rows))
  return exitCodes.ok
}

/** `token revoke`. */
export const tokenRevoke: CommandHandler = async (call) => {
  const [id = ''] = call.operands
  const gateway = await openGateway(call)
  const answer = await gateway.delete(`/api/v1/tokens/${encodeURIComponent(id)}`)
  if (!printJson(call, answer)) call.terminal.print(`revoked ${id}`)
  return exitCodes.ok
}

function usesOf(call: Call): number {
  const text = textOption(call, 'uses') ?? '1'
  if (/^[1-9]\d{0,2}$|^1000$/.test(text)) return Number(text)
  throw usageError(
    `--uses takes a number from 1 to 1000, not ${JSON.stringify(text)}`,
    'help token create',
  )
}

function ttlSecondsOf(call: Call): number {
  const text = textOption(call, 'ttl') ?? '1h'
  const ms = parseGoDuration(text)
  if (ms !== undefined && ms >= 1_000 && ms <= 31 * 86_400_000) return Math.round(ms / 1_000)
  throw usageError(
    `--ttl takes a time from 1s to 744h, not ${JSON.stringify(text)}`,
    'help token create',
  )
}
