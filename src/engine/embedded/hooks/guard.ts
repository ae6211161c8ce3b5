import { timingSafeEqual } from 'node:crypto'
import type { Handler, RouteTable } from '../route-table.ts'

/** Bears the key of this start of the engine, which nobody has but the process that started it. */
const hookKeyHeader = 'x-od-hook-key'

/** The routes for whoever has the key; for everybody else there are none. An empty key is nobody's. */
export function guarded(key: string, routes: Readonly<Record<string, Handler>>): RouteTable {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]): [string, Handler] => [
      route,
      (exchange) => {
        if (isKey(key, exchange.headers[hookKeyHeader])) return handler(exchange)
        return exchange.answer.whole(404, '404 page not found', 'refusal')
      },
    ]),
  )
}

function isKey(key: string, shown: string | string[] | undefined): boolean {
  if (key === '' || typeof shown !== 'string') return false
  const [known, given] = [Buffer.from(key), Buffer.from(shown)]
  return known.length === given.length && timingSafeEqual(known, given)
}
