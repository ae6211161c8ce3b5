/** How work on models is answered that takes long. Source: Ollama server/routes.go, streamResponse and waitForStream. */
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import type { Answer } from '../answer.ts'
import type { ProgressLine } from '../ports.ts'

/** Does the work and answers with its lines of progress, or, where `stream` is false, with its last line alone. */
export async function answerWithProgress(
  answer: Answer,
  stream: boolean | undefined,
  work: (show: (line: ProgressLine) => void) => Promise<void>,
): Promise<void> {
  const isStream = stream !== false
  answer.refuseAs(isStream ? 'stream' : 'whole')
  await work((line) => {
    if (isStream) answer.line(encodeGoJson(withoutZeros(line)))
  })
  const last = encodeGoJson({ status: 'success' })
  if (!isStream) return answer.whole(200, last, 'bareJson')
  answer.line(last)
  answer.end()
}

/** Go leaves numbers out that are zero. */
function withoutZeros({ status, digest, total, completed }: ProgressLine): object {
  return { status, digest, total: total || undefined, completed: completed || undefined }
}
