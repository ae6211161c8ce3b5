import { canonicalName, parseModelName } from './model-name.ts'

/** True when one of the listings is the model of that canonical name. */
export function namesModel(listings: readonly { readonly name: string }[], model: string): boolean {
  let names = namesByListings.get(listings)
  if (names === undefined) {
    names = new Set(listings.map(({ name }) => canonical(name)))
    namesByListings.set(listings, names)
  }
  return names.has(model)
}

/** Lists are replaced as a whole and never changed, so what was read out of one stays true. */
const namesByListings = new WeakMap<readonly object[], ReadonlySet<string>>()

function canonical(name: string): string {
  const parsed = parseModelName(name)
  return parsed === undefined ? name.toLowerCase() : canonicalName(parsed)
}
