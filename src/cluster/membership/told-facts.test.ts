import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readToldFacts } from './told-facts.ts'

test('what is of its form is taken, the rest left out', () => {
  const body = {
    name: 'desk',
    version: 7,
    addresses: ['/ip4/192.0.2.1/tcp/4001', 'x'.repeat(401)],
    capacity: { cores: 2, memoryBytes: 1, gpus: 0, more: true },
    foreign: 1,
  }
  expect(readToldFacts(body)).toEqual({
    name: 'desk',
    capacity: { cores: 2, memoryBytes: 1, gpus: 0 },
  })
  expect(readToldFacts(undefined)).toEqual({})
})

test('a member may say anything', () => {
  const anything = fc.dictionary(
    fc.constantFrom(
      'name',
      'version',
      'gateway',
      'startedMs',
      'isDraining',
      'addresses',
      'capacity',
    ),
    fc.anything(),
  )
  fc.assert(
    fc.property(anything, (body) => {
      const { addresses = [], name = 'x' } = readToldFacts(body)
      expect([Array.isArray(addresses), typeof name]).toEqual([true, 'string'])
    }),
  )
})
