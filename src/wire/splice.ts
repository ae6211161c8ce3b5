import { encodeGoJson } from './go-json/index.ts'
import { isNull, type MemberSpan, scanMembers, skipBlanks, stringAt } from './members.ts'
import type { Edit } from './outline.ts'

/**
 * The only way in which a client's bytes are changed: one value is replaced or added, every other byte stays as it came.
 * Which value counts is decided as Go's decoder does (ollama-api §1.2). Bytes that are no whole JSON object come back
 * untouched: what is wrong with them is the engine's to say. Linear; never throws.
 */

const [openBrace, closeBrace] = [0x7b, 0x7d]

/** The body with another name in place of the model's: `model`, or the older `name` where `model` is absent or empty. */
export function replaceModel(body: Buffer, name: string): Buffer {
  let model: MemberSpan | undefined
  let older: MemberSpan | undefined
  const isWhole = scanMembers(body, (key, value) => {
    if (isNull(body, value)) return // leaves what an earlier one said
    if (key === 'model') model = value
    else if (key === 'name') older = value
  })
  const isNamed = model !== undefined && stringAt(body, model) !== ''
  const value = isNamed ? model : (older ?? model)
  if (!isWhole || value === undefined || stringAt(body, value) === undefined) return body
  return splice(body, value, encodeGoJson(name))
}

/**
 * The body with `options.<option>` set to a number, unless the client set it, in whatever spelling: into the options
 * that are there, or as options of its own. `null` sets nothing; of several options Go adds the later to the earlier.
 */
export function injectOption(body: Buffer, option: string, value: number): Buffer {
  const edit = optionEdit(body, option, value)
  return edit === undefined ? body : splice(body, edit, edit.text)
}

/** What `injectOption` changes; undefined where nothing is to be changed. */
export function optionEdit(body: Buffer, option: string, value: number): Edit | undefined {
  let options: MemberSpan | undefined
  let isSet = false
  let isFaulty = false
  const isWhole = scanMembers(body, (key, span) => {
    if (key !== 'options') return
    options = span
    if (isNull(body, span)) {
      isSet = false
      return
    }
    const inner = body.subarray(span.start, span.end)
    isFaulty ||= !scanMembers(inner, (name, member) => {
      if (name === option) isSet = !isNull(inner, member)
    })
  })
  if (!isWhole || isFaulty || isSet) return undefined
  const member = `${encodeGoJson(option)}:${value}`
  const whole = `"options":{${member}}`
  if (options === undefined) return addFirst(body, whole)
  if (!isNull(body, options)) return addLast(body, options, member)
  // Behind the null, not in its place: it has taken back what options before it said.
  return insertion(options.end, `,${whole}`)
}

/**
 * Whole lines of an answer, or a whole answer, with `clients` in place of `ours` wherever a line names its model: a
 * client gets the name back as it spelt it. A line that is no whole JSON object, or names another model, stays as it is.
 */
export function restoreModel(lines: Buffer, ours: string, clients: string): Buffer {
  const text = Buffer.from(encodeGoJson(clients))
  const parts: Buffer[] = []
  let copiedTo = 0
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(0x0a, start)
    const end = newline < 0 ? lines.length : newline + 1
    const line = lines.subarray(start, end)
    const found: MemberSpan[] = []
    const isWhole = scanMembers(line, (key, value) => {
      if (key === 'model' && stringAt(line, value) === ours) found.push(value)
    })
    for (const span of isWhole ? found : []) {
      parts.push(lines.subarray(copiedTo, start + span.start), text)
      copiedTo = start + span.end
    }
    start = end
  }
  if (parts.length === 0) return lines
  return Buffer.concat([...parts, lines.subarray(copiedTo)])
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text }
}

function splice(bytes: Buffer, { start, end }: MemberSpan, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])
}

/** Before the first member of the object that the body is. */
function addFirst(body: Buffer, member: string): Edit {
  const at = body.indexOf(openBrace) + 1
  const isEmpty = body[skipBlanks(body, at)] === closeBrace
  return insertion(at, isEmpty ? member : `${member},`)
}

/** Behind the last member, so that it counts although an earlier one has the same key. */
function addLast(body: Buffer, { start, end }: MemberSpan, member: string): Edit {
  const at = end - 1
  const isEmpty = skipBlanks(body, start + 1) === at
  return insertion(at, isEmpty ? member : `,${member}`)
}
