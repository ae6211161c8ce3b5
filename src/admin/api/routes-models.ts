/** Routes that look after the models of this node. */
import { z } from 'zod'
import { operationReport, reportOperation } from '../operations/report.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const order = z.strictObject({
  model: z.string().min(1).max(400).optional().describe('name of a model; all when absent'),
})

/** The engine whose store it is. */
const storeEngine = 'embedded'

export const modelRoutes: readonly ApiRoute[] = [
  apiRoute({
    method: 'POST',
    path: '/api/v1/models/verify',
    summary: 'Look whether the files of models are what they should be',
    description:
      'Reads every file of the embedded engine once. What has rotted or is gone is set aside and fetched again from the registry that ' +
      "the model's name says; each such file is an event, `model.healed` or `model.damaged`; one that may not be read is left where it is. It can be given up at any time. " +
      'The same goes on in the background, slowly, once a week.',
    role: 'operator',
    body: order,
    answers: {
      202: { meaning: 'begun; the operation tells how it goes on', schema: operationReport },
    },
    errors: ['OD_VERIFY_NO_ENGINE', 'OD_OPERATION_BUSY'],
    handle({ body: { model } }, { operations, modelActions }) {
      const work = modelActions.verify(model)
      return { status: 202, value: reportOperation(operations.begin('verify', storeEngine, work)) }
    },
  }),
]
