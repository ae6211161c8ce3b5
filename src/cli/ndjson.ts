/** Bounds and text decoding of a stream of JSON objects, one to a line. */

/** Why a stream of lines cannot be read on. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

/**
 * The objects of a stream, each as soon as its line is complete; empty lines are passed over. What stands after the last
 * line feed counts as a line. Throws `LineError` for a line that is not a JSON object or is longer than `bytesMax`.
 */
export async function* readObjects(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Record<string, unknown>> {
  let kept: Uint8Array[] = []
  let keptBytes = 0
  const take = (rest: Uint8Array): string => {
    const text = Buffer.concat([...kept, rest]).toString('utf8')
    kept = []
    keptBytes = 0
    return text
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield* objectOf(take(chunk.subarray(start, end)))
      start = end + 1
    }
    keptBytes += chunk.length - start
    if (keptBytes > bytesMax) throw new LineError(`a line of more than ${bytesMax} bytes`)
    if (start < chunk.length) kept.push(chunk.subarray(start))
  }
  yield* objectOf(take(new Uint8Array()))
}

function* objectOf(line: string): Generator<Record<string, unknown>> {
  if (line.trim() === '') return
  const value = parseObject(line)
  if (value === undefined) throw new LineError('a line that is not a JSON object')
  yield value
}

/** The object that a text is in JSON; undefined when it is anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of an answer when it is a text; answers come from elsewhere and may hold anything. */
export function textField(object: Record<string, unknown>, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

/** A field when it is a finite number. */
export function numberField(object: Record<string, unknown>, name: string): number | undefined {
  const value = object[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A field when it is an object; otherwise an empty one. */
export function objectField(
  object: Record<string, unknown>,
  name: string,
): Record<string, unknown> {
  const value = object[name]
  return isObject(value) ? value : {}
}

/** The objects of a field that is a list. */
export function objectList(
  object: Record<string, unknown>,
  name: string,
): readonly Record<string, unknown>[] {
  const value = object[name]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The texts of a field that is a list. */
export function textList(object: Record<string, unknown>, name: string): readonly string[] {
  const value = object[name]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
