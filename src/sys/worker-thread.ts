/** A thread of our own for work that would block the event loop, asked one question at a time. */
import { fileURLToPath } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** The asking side. It keeps the process alive until `end`. */
export interface WorkerThread<In, Out> {
  /**
   * Asks the thread; messages are copied (structured clone). Only when the last answer is there may it be asked again.
   * Rejects when the thread is gone or goes before it answers.
   */
  ask(message: In): Promise<Out>
  /** Ends the thread, in the middle of what it does. */
  end(): Promise<void>
}

/** A thread keeps nothing of an answer: with V8's usual 48 MiB its garbage alone is 4 MiB of an idle process. */
const maxYoungGenerationSizeMb = 2

/**
 * Starts `entry`, a module named without its extension by a URL relative to the caller's `import.meta.url`, with the
 * extension that the caller has: the source runs the source, the build runs the build.
 */
export function startThread<In, Out>(entry: URL, data: unknown): WorkerThread<In, Out> {
  const extension = import.meta.filename.endsWith('.ts') ? '.ts' : '.js'
  const worker = new Worker(fileURLToPath(entry) + extension, {
    workerData: data,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb },
  })
  let failure: Error | undefined
  let waiting: { resolve: (answer: Out) => void; reject: (error: Error) => void } | undefined
  const fail = (error: Error): void => {
    failure ??= error
    waiting?.reject(failure)
    waiting = undefined
  }
  worker.on('message', (answer: Out) => {
    const { resolve } = waiting ?? {}
    waiting = undefined
    resolve?.(answer)
  })
  worker.on('error', (error) => fail(error as Error)) // it threw: the exit follows
  worker.on('exit', () => fail(new Error('the thread has ended')))
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure)
          return
        }
        waiting = { resolve, reject }
        worker.postMessage(message, [])
      }),
    end: async () => void (await worker.terminate()),
  }
}

/** The thread's side: what it was started with, and who answers its questions. What `answer` throws ends the thread. */
export function serveThread<Data, In, Out>(start: (data: Data) => (message: In) => Out): void {
  const answer = start(workerData as Data)
  parentPort?.on('message', (message: In) => parentPort?.postMessage(answer(message), []))
}
