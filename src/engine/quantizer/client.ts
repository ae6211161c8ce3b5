import { OdError } from '../../core/errors/index.ts'
import { coreCount } from '../../sys/machine.ts'
import { startWorker } from '../../sys/worker-process.ts'
import type { TensorWork } from '../../wire/gguf/index.ts'
import { endOf, lastWords } from '../runner/last-words.ts'
import type { FromQuantizer, ToQuantizer } from './protocol.ts'

/** More would wait for the one that writes. Each has some 12 MiB in its hands. */
const threadsMax = 8

/**
 * The data of tensors of the file at `path` in their new types, one after the other, with the zeros behind each. The process ends
 * when the reader stops or `signal` fires. Throws `OD_QUANTIZE_FAILED`, the reason of `signal`.
 */
export async function* quantizeTensors(
  path: string,
  tensors: readonly TensorWork[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  // a core is left to whoever is being answered meanwhile
  const threads = Math.max(1, Math.min(threadsMax, coreCount() - 1))
  const worker = startWorker<ToQuantizer, FromQuantizer>(
    new URL('./quantizer-process', import.meta.url),
    { env: { GGML_NO_BACKTRACE: '1', UV_THREADPOOL_SIZE: String(threads) }, hasOutput: true },
  )
  let refusal: string | undefined
  worker.onMessage(({ reason }) => {
    refusal = reason
    worker.kill()
  })
  const ended = new Promise<string | undefined>((resolve) => {
    worker.onExit((exit) => {
      const isDone = exit.code === 0
      resolve(refusal ?? (isDone ? undefined : (lastWords(exit.stderr) ?? endOf(exit))))
    })
  })
  const leave = () => worker.kill()
  signal.addEventListener('abort', leave)
  try {
    worker.send({ path, tensors, threads })
    yield* worker.output
    const reason = await ended
    signal.throwIfAborted()
    if (reason !== undefined) throw new OdError('OD_QUANTIZE_FAILED', { reason })
  } finally {
    signal.removeEventListener('abort', leave)
    worker.kill()
  }
}
