/** `POST /api/od/sequences/save` and `…/load`: what a slot of a loaded model holds, to a file and back. */
import { join } from 'node:path'
import { OdError } from '../../../core/errors/index.ts'
import { factsOf, namesIn, removeFile } from '../../../sys/files.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import { type Runner, sequenceName } from '../../runner/index.ts'
import type { Handler } from '../route-table.ts'
import type { EngineService } from '../service.ts'
import { readHookBody, textLike, wholeNumber } from './body.ts'
import { weightsDigest } from './slots.ts'

/** All files together: beyond it the oldest go. They save time and nothing else. */
const folderBytesMax = 2 * 1024 * 1024 * 1024

/** Of these llama.cpp has no more than 256. */
const slotsMax = 1_024

const weights = (value: unknown) => textLike(value, /^[0-9a-f]{64}$/)
const slot = (value: unknown) => wholeNumber(value, 0, slotsMax)
const savedName = (value: unknown) => textLike(value, sequenceName)

export function saveSequenceRoute(service: EngineService, folder: string): Handler {
  return async ({ body, answer }) => {
    const asked = readHookBody(body, { weights, slot })
    const runner = runnerOf(service, asked.weights)
    const saved = await runner.saveSequence(asked.slot, { folder, weights: asked.weights })
    await dropOldest(folder)
    answer.whole(200, encodeGoJson(saved))
  }
}

export function loadSequenceRoute(service: EngineService, folder: string): Handler {
  return async ({ body, answer }) => {
    const asked = readHookBody(body, { weights, name: savedName })
    const runner = runnerOf(service, asked.weights)
    const place = { folder, weights: asked.weights }
    answer.whole(200, encodeGoJson(await runner.loadSequence(asked.name, place)))
  }
}

/** What a kill left half written; see `writeWhole`. */
export async function dropUnfinished(folder: string): Promise<void> {
  const unfinished = filesIn(folder).filter((name) => name.startsWith('.tmp-'))
  for (const name of unfinished) await removeFile(join(folder, name))
}

function runnerOf(service: EngineService, digest: string): Runner {
  const found = service.residency
    .list()
    .find(({ load, facts }) => facts !== undefined && weightsDigest(load.path) === digest)
  if (found === undefined) throw new OdError('OD_SEQUENCE_MISSING', { reason: digest })
  return found.runner
}

async function dropOldest(folder: string): Promise<void> {
  const files = await Promise.all(
    filesIn(folder)
      .filter((name) => sequenceName.test(name))
      .map(async (name) => ({ name, ...(await factsOf(join(folder, name))) })),
  )
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  for (const { name, sizeBytes } of files.toSorted((a, b) => a.modifiedMs - b.modifiedMs)) {
    if (total <= folderBytesMax) return
    await removeFile(join(folder, name))
    total -= sizeBytes
  }
}

/** Nobody has saved anything where there is no folder. */
function filesIn(folder: string): string[] {
  try {
    return namesIn(folder)
  } catch {
    return []
  }
}
