import { catalogue, type ErrorCode } from '../../src/core/errors/index.ts'
import { type GatewayLimits, gatewayLimits } from '../../src/gateway/index.ts'
import { jsonLimits } from '../../src/wire/go-json/index.ts'

/** What happens beyond each bound of the gateway; a bound without a word here does not compile. */
const beyond: Readonly<Record<keyof GatewayLimits, string>> = {
  headerBytesMax: refused('OD_EDGE_HEADERS_TOO_LARGE'),
  headerFieldsMax: refused('OD_EDGE_HEADERS_TOO_LARGE'),
  urlBytesMax: refused('OD_EDGE_URL_TOO_LONG'),
  headersMs: `${refused('OD_EDGE_TOO_SLOW')}; without a byte sent, the end and a count in the log`,
  bodyMs: 'from then on the rate for long bodies holds',
  bodyRateAfterMs: 'from then on the rate below holds',
  bodyBytesPerSecondMin: `slower: ${refused('OD_EDGE_TOO_SLOW')}`,
  longBodyBytesPerSecondMin: `slower: ${refused('OD_EDGE_TOO_SLOW')}`,
  clientBodyBytesMax: `${refused('OD_EDGE_BODY_TOO_LARGE')}, before it is read where its length is told`,
  heldBodyBytesMax:
    'the body goes to a file without a name in the data folder until it is answered',
  heldFormBytesMax: refused('OD_EDGE_BODY_TOO_LARGE'),
  heldBodiesBytesMax: `bodies of over 64 KiB go to disk too; ${refused('OD_BODIES_FULL')} where outlines alone take it`,
  outlineBytesMax: refused('OD_EDGE_JSON_BOUNDS'),
  spooledBodiesBytesMax: refused('OD_BODIES_FULL'),
  spoolReserveBytes: `less free disk than that: ${refused('OD_BODY_DISK_FULL')}`,
  droppedBodyBytesMax: 'the connection ends with the answer',
  uploadIdleMs: refused('OD_EDGE_TOO_SLOW'),
  uploadRateMs: 'the rate below is judged',
  uploadBytesPerSecondMin: `slower: ${refused('OD_EDGE_TOO_SLOW')}`,
  blobQuestionMs: 'the next engine is asked',
  blobQuestionsMax: 'the others have no say in where the model is made',
  changeMs: refused('OD_EDGE_OUTCOME_UNKNOWN'),
  keepAliveIdleMs: 'the connection ends',
  connectionsMax: 'a new one is closed at once and counted in the log',
  crowdedConnections: 'idle connections are kept for the time below only',
  keepAliveCrowdedMs: 'the connection ends',
  lingerMs: 'the connection ends',
  stalledReaderMs: 'the answer is cut, the engine stops',
  connectMs: 'the next engine is tried',
  upstreamIdleMs: 'the connection ends',
  enginesPerRequestMax: `the last answer, ${refused('OD_RUNNER_DIED')} or ${refused('OD_EDGE_NO_ENGINE')}`,
  engineWaitMs: refused('OD_EDGE_NO_ENGINE'),
  deathNoticeMs: 'what was sent to the engine counts as read by it',
  heldAnswerBytesMax: 'it goes out as it comes: no other engine can take over any more',
  missingAnswerBytesMax: 'it goes out at once, no other engine is asked',
  dropReportMs: 'one line of counts is written',
  managementBodyBytesMax: refused('OD_EDGE_BODY_TOO_LARGE'),
  feedBytesMax: 'the stream of events is cut',
}

const beyondJson: Readonly<Record<keyof typeof jsonLimits, string>> = {
  depthMax: refused('OD_EDGE_JSON_BOUNDS'),
  keysMax: refused('OD_EDGE_JSON_BOUNDS'),
  itemsMax: refused('OD_EDGE_JSON_BOUNDS'),
  valuesMax: refused('OD_EDGE_JSON_BOUNDS'),
}

/** Name, value and what happens beyond, of each bound of a request and its answer. */
export function limitRows(): string[][] {
  const names = Object.keys(gatewayLimits) as (keyof GatewayLimits)[]
  const jsonNames = Object.keys(jsonLimits) as (keyof typeof jsonLimits)[]
  return [
    ...names.map((name) => [`\`${name}\``, spellLimit(name), beyond[name]]),
    ...jsonNames.map((name) => [`JSON \`${name}\``, String(jsonLimits[name]), beyondJson[name]]),
  ]
}

/** The value with its unit, which stands in the name. */
export function spellLimit(name: keyof GatewayLimits): string {
  const value = gatewayLimits[name]
  if (name.endsWith('Ms')) return value < 1000 ? `${value} ms` : `${value / 1000} s`
  if (!name.includes('Bytes') || value < 1024) return String(value)
  return value < 1024 ** 2 ? `${value / 1024} KiB` : `${value / 1024 ** 2} MiB`
}

/** Status and code of an error that is sent to the client. */
function refused(code: ErrorCode): string {
  const entry = catalogue[code]
  return 'status' in entry ? `${entry.status} \`${code}\`` : `\`${code}\``
}
