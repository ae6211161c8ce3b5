/** Has an embedded engine look at the files of its models; see `routes/verify.ts`. */
import { Agent, request } from 'undici'
import { OdError } from '../../core/errors/index.ts'
import { WholeLines } from '../../wire/lines.ts'
import type { DamagedFile, VerifyProgress } from './ports.ts'

/** A line comes four times a second while a file is read; fetching one again may take this long without any. */
const silenceMs = 30 * 60_000

export interface VerifyOrder {
  /** Name of one model; undefined: all. */
  readonly model: string | undefined
  /** Read at most so fast; 0: as fast as it goes. */
  readonly bytesPerSecond: number
  readonly onProgress: (progress: VerifyProgress) => void
  readonly onFinding: (file: DamagedFile) => void
}

interface Line {
  readonly progress?: VerifyProgress
  readonly finding?: DamagedFile
  readonly done?: boolean
  readonly error?: string
}

/**
 * Resolves with what was read once every file has been looked at. Throws `OD_MODEL_NOT_FOUND`, `OD_VERIFY_BROKEN` when the engine fails or
 * goes, and the signal's reason.
 */
export async function verifyStore(
  url: string,
  { model, bytesPerSecond, onProgress, onFinding }: VerifyOrder,
  signal: AbortSignal,
): Promise<VerifyProgress> {
  const agent = new Agent({ headersTimeout: silenceMs, bodyTimeout: silenceMs })
  try {
    const { statusCode, body } = await request(new URL('/api/od/verify', url), {
      method: 'POST',
      body: JSON.stringify({ model, bytesPerSecond }),
      dispatcher: agent,
      signal,
    })
    if (statusCode === 404) throw new OdError('OD_MODEL_NOT_FOUND', { model: model ?? '' })
    const lines = new WholeLines()
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      for (const line of linesIn(lines.push(chunk))) {
        if (line.error !== undefined) throw broken(line.error)
        if (line.finding !== undefined) onFinding(line.finding)
        if (line.progress !== undefined) onProgress(line.progress)
        if (line.done === true && line.progress !== undefined) return line.progress
      }
    }
    throw broken('the engine ended its answer early')
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof OdError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw broken(code ?? message, error)
  } finally {
    await agent.destroy()
  }
}

function linesIn(bytes: Uint8Array | undefined): readonly Line[] {
  const texts = new TextDecoder().decode(bytes).split('\n')
  return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Line)
}

function broken(reason: string, cause?: unknown): OdError {
  return new OdError('OD_VERIFY_BROKEN', { reason }, { cause })
}
