import { expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { Library } from './python-client.ts'

test('a library whose process has ended refuses every call at once, and does not let each wait', async () => {
  const library = new Library('/bin/false', 'none')
  await expect(library.call({})).rejects.toThrow('Python ended')
  await until('its end to be known', () =>
    library.call({}).catch((error: Error) => error.message === 'Python ended\n'),
  )
  await library.end()
})
