/** Placeholders for what differs from run to run in the answers of the OpenAI and Anthropic routes. */

const randomId =
  /^(chatcmpl-\d{1,3}|cmpl-\d{1,3}|(?:resp|msg|rs)_\d{1,6}|fc_\d{1,6}_\d+|fc_resp_\d+_\d+|rs_resp_\d+|call_[a-z0-9]{8}|(?:msg|req)_[0-9a-f]{24})$/
const counts = /^(prompt|completion|total|input|output)_tokens$/
const generated = /^(reasoning|text|delta|encrypted_content)$/
const secondsOf = /^(created|created_at|completed_at)$/

/** Undefined for what is compared as it is. */
export function maskedOpenai(value: unknown, key: string, isStream: boolean): string | undefined {
  if (typeof value === 'number') {
    if (key === 'sequence_number') return '<n>'
    if (secondsOf.test(key) && value > 1e9 && Number.isInteger(value)) return '<seconds>'
    return counts.test(key) && value > 0 && Number.isInteger(value) ? '<int>' : undefined
  }
  if (typeof value !== 'string') return undefined
  if (randomId.test(value)) return `<${value.split(/[-_]/)[0]} id>`
  if (generated.test(key) && (isStream || value !== '')) return '<text>'
  return key === 'embedding' ? base64Line(value) : undefined
}

function base64Line(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  const vector = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4))
  const isUnit = Math.abs(Math.hypot(...vector) - 1) < 1e-3
  return `<base64 vector of ${vector.length}${isUnit ? ', length one' : ''}>`
}
