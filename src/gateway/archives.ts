import { OdError } from '../core/errors/index.ts'
import { agreedOrder } from './agreed-order.ts'
import { upload } from './blobs.ts'
import { sendCollected } from './collected.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import { requireEngine } from './waiting.ts'

/**
 * Streams an archive of models to an embedded engine, which alone understands it: one of this node, whose disk whoever asked here had in
 * mind, else the first of another node. Throws OD_ARCHIVE_NO_ENGINE, and as `upload`.
 */
export async function relayImport(
  exchange: Exchange,
  path: string,
  context: GatewayContext,
): Promise<void> {
  await requireEngine(exchange, context)
  const takers = agreedOrder(context.engines.list(), context.nodeId).filter(
    ({ kind, state }) => kind === 'embedded' && state === 'running',
  )
  const own = takers.filter(({ node }) => node === undefined)
  const engines = [...new Set([...own, ...takers])]
  if (engines.length === 0) throw new OdError('OD_ARCHIVE_NO_ENGINE')
  const said = await upload(exchange, path, engines, context)
  if (said === undefined) return
  await context.engines.refresh(0) // whoever reads the answer and then a list sees the models
  sendCollected(exchange, said.answer, [said.engine], context)
}
