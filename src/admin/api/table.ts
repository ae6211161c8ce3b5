import { z } from 'zod'
import { openApiDocument } from './openapi.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { actionRoutes } from './routes-actions.ts'
import { clusterRoutes } from './routes-cluster.ts'
import { engineRoutes } from './routes-engines.ts'
import { modelRoutes } from './routes-models.ts'
import { nodeRoutes } from './routes-node.ts'
import { operationRoutes } from './routes-operations.ts'

const documentRoute = apiRoute({
  method: 'GET',
  path: '/api/v1/openapi.json',
  summary: 'This API as an OpenAPI 3.1 document',
  role: 'anyone',
  answers: { 200: { meaning: 'the document', schema: z.looseObject({ openapi: z.string() }) } },
  errors: [],
  handle: (_, { node }) => ({ value: openApiDocument(apiTable, node().version) }),
})

/** Every route of the management API. What is not here does not exist. */
export const apiTable: readonly ApiRoute[] = [
  ...nodeRoutes,
  ...engineRoutes,
  ...actionRoutes,
  ...modelRoutes,
  ...operationRoutes,
  ...clusterRoutes,
  documentRoute,
]
