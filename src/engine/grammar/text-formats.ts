/** Formats of texts that bind an answer, as patterns; those of llama.cpp's own converter. Others are notes (JSON Schema §7). */

/** Every day that there is (RFC 3339 §5.7): months with their own number of days, 29 February in leap years only. */
const date = [
  String.raw`\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`,
  String.raw`(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`,
  String.raw`02-(?:0[1-9]|1\d|2[0-8]))`,
  String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29`,
].join('|')

/** RFC 3339 §5.6, without leap seconds: they depend on the day and the zone. */
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+\-](?:[01]\d|2[0-3]):[0-5]\d)`

const hex = '[0-9a-fA-F]'

/** Patterns by the names of their formats. */
export const textFormats: ReadonlyMap<string, string> = new Map([
  ['date', `^(?:${date})$`],
  ['time', `^${time}$`],
  ['date-time', `^(?:${date})T${time}$`],
  ['uuid', `^${hex}{8}-(?:${hex}{4}-){3}${hex}{12}$`],
])
