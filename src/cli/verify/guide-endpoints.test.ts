import { expect, test } from 'vitest'
import { apiTable } from '../../admin/index.ts'
import { routes } from '../../gateway/index.ts'
import { guideEndpoints } from './guide-endpoints.ts'

test('an endpoint of the guide is called built exactly where a table has it', () => {
  const client = routes.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`))
  const management = apiTable.map(({ method, path }) => `${method} ${path}`)
  const there = new Set([...client, ...management])
  for (const { method, path, isBuilt } of guideEndpoints) {
    expect(there.has(`${method} ${path}`), path).toBe(isBuilt)
  }
})
