/** What a registry asks for with a 401. Pure. Source: RFC 9110 §11.6.1; Ollama server/auth.go, parseRegistryChallenge. */

/** A challenge that can be answered. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      /** Where the token is to be had. */
      readonly realm: string
      readonly service: string
      readonly scope: string
    }

/** A longer header is not looked at. */
const headerCharactersMax = 4_096

/** Reads `WWW-Authenticate`; undefined when it is of neither kind. */
export function readChallenge(header: string): Challenge | undefined {
  if (header.length > headerCharactersMax) return undefined
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(header) ?? []
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' }
  if (scheme.toLowerCase() !== 'bearer') return undefined
  const values = new Map<string, string>()
  for (const [, name = '', quoted, plain] of rest.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,"]+))/g)) {
    values.set(name.toLowerCase(), quoted ?? plain ?? '')
  }
  const realm = values.get('realm')
  if (realm === undefined) return undefined
  return {
    scheme: 'bearer',
    realm,
    service: values.get('service') ?? '',
    scope: values.get('scope') ?? '',
  }
}
