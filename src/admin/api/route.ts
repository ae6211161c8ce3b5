import type { z } from 'zod'
import type { ErrorCode } from '../../core/errors/index.ts'
import type { AdminSources } from '../ports.ts'

/** Who will be allowed to use a route once there are keys: probes of machines, readers, those who may change things. */
export type Role = 'anyone' | 'reader' | 'operator'

/** An answer of values; the dispatcher makes JSON of it. */
export interface ApiAnswer {
  /** 200 where nothing is said. */
  readonly status?: number
  readonly value: object
}

/** An answer of events as they happen; the gateway sends it. */
export interface ApiFeed {
  begin(send: (text: string) => void, end: () => void): () => void
}

/** One route of the management API: the dispatcher, the OpenAPI document and the reference page are made of these. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Parts that begin with a colon are parameters. */
  readonly path: string
  readonly summary: string
  /** What else a reader should know. */
  readonly description?: string
  readonly role: Role
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Each status of a good answer, and 503 of a health report, with what it means. */
  readonly answers: Readonly<Record<number, AnswerRow>>
  /** What else it may answer, beside OD_API_FIELD where there is input. */
  readonly errors: readonly ErrorCode[]
  readonly handle: (input: ApiInput, sources: AdminSources) => Reply | Promise<Reply>
}

/** `schema` is absent where the answer is a stream of events. */
export interface AnswerRow {
  readonly meaning: string
  readonly schema?: z.ZodType
}

type Reply = ApiAnswer | ApiFeed

/** What a handler gets: checked, with its defaults. */
export interface ApiInput {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly lastEventId: string | undefined
}

type Values<Schema> = Schema extends z.ZodType ? z.infer<Schema> : undefined

/** A row of the table whose handler sees the types of its schemas. */
export function apiRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  row: Omit<ApiRoute, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    readonly handle: (
      input: {
        readonly params: Values<Params>
        readonly query: Values<Query>
        readonly body: Values<Body>
        readonly lastEventId: string | undefined
      },
      sources: AdminSources,
    ) => Reply | Promise<Reply>
  },
): ApiRoute {
  return row as ApiRoute // the dispatcher gives a handler what its own schemas made
}
