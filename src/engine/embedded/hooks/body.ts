import { OdError } from '../../../core/errors/index.ts'

/** Reads one field; undefined when it is not what it has to be. */
type FieldReader<Value> = (value: unknown) => Value | undefined

/** The fields of a hook's request, and those alone. Throws `OD_HOOK_BODY`. */
export function readHookBody<Fields extends object>(
  body: Uint8Array,
  readers: { readonly [Name in keyof Fields]: FieldReader<Fields[Name]> },
): Fields {
  const value = parsed(body)
  const names = Object.keys(readers) as (keyof Fields & string)[]
  const foreign = Object.keys(value).find((name) => !Object.hasOwn(readers, name))
  if (foreign !== undefined) throw refusal(`there is no ${foreign}`)
  const fields = names.map((name) => {
    const field = readers[name](value[name])
    if (field === undefined) throw refusal(`${name} is missing or has another form`)
    return [name, field]
  })
  return Object.fromEntries(fields) as Fields
}

export function wholeNumber(value: unknown, min: number, max: number): number | undefined {
  const isWithin = Number.isInteger(value) && Number(value) >= min && Number(value) <= max
  return isWithin ? Number(value) : undefined
}

export function textLike(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

function parsed(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // as one that is no object
  }
  throw refusal('it is no JSON object')
}

function refusal(reason: string): OdError {
  return new OdError('OD_HOOK_BODY', { reason })
}
