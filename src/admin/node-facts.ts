import { z } from 'zod'
import type { Hardware } from '../sys/hardware.ts'
import { bytes, moment, named } from './api/schema.ts'
import { formatUtc, type NodeStatus } from './node-status.ts'

const hardwareReport = named(
  'Hardware',
  z.strictObject({
    processor: z.string(),
    cores: z.int(),
    memory: z.strictObject({ totalBytes: bytes, availableBytes: bytes }).readonly(),
    gpus: z
      .array(
        z
          .strictObject({
            vendor: z.string(),
            model: z.string(),
            memoryBytes: bytes.optional(),
            isUnified: z.boolean().describe("true where it works in the machine's own memory"),
          })
          .readonly(),
      )
      .readonly(),
    disks: z
      .array(z.strictObject({ path: z.string(), totalBytes: bytes, freeBytes: bytes }).readonly())
      .readonly()
      .describe('of the data directory and of the model directory'),
  }),
)

/** Body of `/api/v1/node`: the machine as it was measured for this answer. */
export const nodeReport = named(
  'Node',
  z.strictObject({
    node: z.string(),
    version: z.string(),
    measuredAt: moment,
    startedAt: moment,
    hardware: hardwareReport.readonly(),
  }),
)

export function reportNode(
  atMs: number,
  { nodeId, version, startedAtMs }: NodeStatus,
  hardware: Hardware,
): z.infer<typeof nodeReport> {
  const [measuredAt, startedAt] = [formatUtc(atMs), formatUtc(startedAtMs)]
  return { node: nodeId, version, measuredAt, startedAt, hardware }
}
