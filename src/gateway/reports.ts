import type { Answer } from './answer.ts'
import type { ReportName } from './routes.ts'

/** The management reports; `admin` makes them, `node/` hands them over. Each call measures anew. */
export interface Reports extends Readonly<Record<ReportName, () => Answer>> {
  /** The status page for people at `/`. */
  page(): Answer
}
