/** One thing that `doctor` looked at. */
export interface Finding {
  readonly topic: string
  /** `problem`: something will not work, and `doctor` ends with 1; `warning`: it works, but not well. */
  readonly state: 'ok' | 'warning' | 'problem'
  /** What was seen, in one line. */
  readonly text: string
  /** What to do; where the state is not `ok`. */
  readonly fix?: string
}
