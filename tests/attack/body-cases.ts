/** A body that reaches no engine, and what its client is told. */
export interface BodyCase {
  readonly title: string
  readonly body: string
  readonly path?: string
  readonly error: string
}

const levels = 'the request body has too many levels of nesting'
const keys = 'the request body has too many keys in one object'
const items = 'the request body has too many items in one list'
const object = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":1`).join()}}`
const foreign = (token: string) => `invalid context: ${token} is no token of any model`

export const refusedBodies: readonly BodyCase[] = [
  {
    title: 'A-32: 500,000 lists in each other',
    body: `{"a":${'['.repeat(500_000)}`,
    error: levels,
  },
  { title: 'A-32: one level too many', body: `{"a":${nested(128)}}`, error: levels },
  { title: 'A-32: 10,001 keys', body: object(10_001), error: keys },
  { title: 'A-33: 100,001 objects', body: `{"a":[${'{},'.repeat(100_000)}{}]}`, error: items },
  { title: 'A-33: 100,001 texts', body: `{"a":[${'"",'.repeat(100_000)}""]}`, error: items },
  ...['-1', '1048577', '2147483648', '-99999999999'].map((token) => ({
    title: `a context that kills an Ollama: ${token}`,
    body: `{"model":"a","prompt":"b","context":[1,2,${token}]}`,
    error: foreign(token.slice(0, 9)),
  })),
  {
    title: 'a context that kills an Ollama, its key written otherwise',
    body: '{"model":"a","cont\\u0045xt":[ -5 ],"context":[1]}',
    error: foreign('-5'),
  },
]

/** Bodies at the very bounds, and what an engine judges itself: all reach it as they are. */
export const relayedBodies: readonly { readonly title: string; readonly body: string }[] = [
  { title: 'A-26: none at all', body: '' },
  { title: 'A-27: cut JSON', body: '{"model":' },
  { title: 'A-27: something behind it', body: '{"model":"a"} garbage [[[' },
  { title: 'A-34: a key twice', body: '{"model":"a","model":"b"}' },
  { title: 'A-35: keys of prototypes', body: '{"model":"a","__proto__":{"x":1},"constructor":{}}' },
  { title: 'A-32: the deepest nesting', body: `{"a":${nested(127)}}` },
  { title: 'A-32: the most keys', body: object(10_000) },
  { title: 'A-33: the most items', body: `{"a":[${'{},'.repeat(99_999)}{}]}` },
  { title: 'a context of 130,000 tokens', body: `{"context":[${'1048576,'.repeat(129_999)}0]}` },
  { title: 'a context that is none', body: '{"context":[1.5,"x",null,1e9]}' },
  { title: 'brackets inside of texts', body: `{"prompt":"${'[\\"'.repeat(1_000)}"}` },
]

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}
