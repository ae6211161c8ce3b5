/** The readers that decide what a gateway takes a request for, beside others that were made without them. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { withManagement } from '../../../src/gateway/routes.ts'
import { matchTarget } from '../../../src/gateway/target.ts'
import { findForeignToken } from '../../../src/wire/http/context-tokens.ts'
import { findJsonExcess } from '../../../src/wire/http/json-bounds.ts'
import { peekRequest } from '../../../src/wire/peek.ts'
import { injectOption, replaceModel } from '../../../src/wire/splice.ts'
import { anyBody } from './bodies.ts'
import { findRoute } from './expected.ts'
import { type GoReading, readAsGo, textField } from './go-reader.ts'
import { assertRepeatably } from './repeatable.ts'
import { otherMethods, target } from './requests.ts'

const bytesOf = (body: string) => Buffer.from(body, 'latin1')

const valueOf = ({ members }: GoReading, key: string) =>
  members.findLast((member) => member.key === key)?.raw

/** Within every bound, so that nobody gives up early. */
const isSmall = (body: string) => body.length < 10_000

/** Each with so many cases. */
export function fuzzReaders(runs: number): void {
  const checkBodies = (check: (body: string, go: GoReading) => void) =>
    assertRepeatably(
      fc.property(anyBody, (body) => check(body, readAsGo(body))),
      runs,
    )
  const timeout = 60_000 + runs

  test(
    'fuzz, peekRequest: names the model that Go would, and says what is no object',
    { timeout },
    () =>
      checkBodies((body, go) => {
        const { model, stream, malformed } = peekRequest(bytesOf(body))
        if (go.type === 'none' || go.type === 'other') expect(malformed).toBe(true)
        if (go.type !== 'object' || !isSmall(body)) return
        expect(malformed).toBeUndefined()
        const name = textField(go, 'model')
        const older = textField(go, 'name')
        if (name !== undefined && older !== undefined)
          expect(model ?? '').toBe(name === '' ? older : name)
        const flag = valueOf(go, 'stream') ?? 'null'
        if (/^(true|false|null)$/.test(flag)) expect(String(stream ?? null)).toBe(flag)
      }),
  )

  test(
    'fuzz, replaceModel: Go reads the other name, and every other member as before',
    { timeout },
    () =>
      checkBodies((body, go) => {
        const changed = replaceModel(bytesOf(body), 'other').toString('latin1')
        const names = ['model', 'name'].map((key) => textField(go, key))
        if (go.type !== 'object' || changed === body || names.includes(undefined)) return
        const after = readAsGo(changed)
        const name = textField(after, 'model')
        expect(name === '' ? textField(after, 'name') : name).toBe('other')
        expect(after.members.length).toBe(go.members.length)
        const differing = after.members.filter(({ raw }, i) => raw !== go.members[i]?.raw)
        expect(differing.length).toBe(1)
        const growth =
          '"other"'.length -
          (go.members.find(({ raw }, i) => raw !== after.members[i]?.raw)?.raw.length ?? 0)
        expect(changed.length - body.length).toBe(growth)
      }),
  )

  test('fuzz, replaceModel: does it wherever Go reads a name', { timeout }, () =>
    checkBodies((body, go) => {
      const name = textField(go, 'model')
      if (
        go.type !== 'object' ||
        !isSmall(body) ||
        name === undefined ||
        name === '' ||
        name === 'other'
      )
        return
      expect(replaceModel(bytesOf(body), 'other').toString('latin1')).not.toBe(body)
    }),
  )

  test('fuzz, injectOption: adds to the options and to nothing else', { timeout }, () =>
    checkBodies((body, go) => {
      const changed = injectOption(bytesOf(body), 'num_gpu', 7).toString('latin1')
      if (go.type !== 'object') return
      const after = readAsGo(changed)
      const others = ({ members }: GoReading) => members.filter(({ key }) => key !== 'options')
      expect(others(after)).toEqual(others(go))
      if (changed !== body) expect(valueOf(after, 'options')).toContain('"num_gpu":7')
    }),
  )

  test(
    'fuzz, findJsonExcess and findForeignToken: refuse what is beyond, and nothing else',
    { timeout },
    () =>
      checkBodies((body, go) => {
        const excess = findJsonExcess(bytesOf(body))
        if (go.type === 'invalid' || !isSmall(body)) return
        expect(excess).toBe(go.depth > 128 ? 'depth' : undefined)
        const lists = go.members.filter(({ key, kind }) => key === 'context' && kind === 'array')
        if (!lists.every(({ raw }) => /^\[[\s\d,-]*\]$/.test(raw))) return
        const ids = lists.flatMap(({ raw }) => (raw.match(/-?\d+/g) ?? []).map(Number))
        const isForeign = ids.some((id) => id < 0 || id > 1_048_576)
        expect(findForeignToken(bytesOf(body)) !== undefined).toBe(isForeign)
      }),
  )

  test('fuzz, matchTarget: leads where the table says', { timeout }, () => {
    const table = withManagement([])
    const paths = fc.constantFrom(...table.map(({ path }) => path.replaceAll(/\/:\w+/g, '/alpha')))
    const property = fc.property(
      fc.constantFrom(...otherMethods),
      paths.chain(target),
      (method, text) => {
        fc.pre(!/^https?:/i.test(text)) // an origin is read by another
        const match = matchTarget(method, text, table)
        const found = findRoute(method, text)
        if (typeof found === 'object') {
          expect(match).toMatchObject({ type: 'route', query: found.query })
          expect(match.type === 'route' && match.route.path).toBe(found.route.path)
        } else if (found === undefined) expect(match.type).toMatch(/^(unknown|wrong-method)$/)
        else expect(match.type).toBe(found)
      },
    )
    return assertRepeatably(property, runs)
  })
}
