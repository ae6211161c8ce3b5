/** One kind of failure that a user can meet. `{name}` in `text` and `remedy` is filled in when it is raised. */
export interface ErrorEntry {
  /** HTTP status it is answered with; absent for errors that only a command prints. */
  readonly status?: number
  /** True when the same request may succeed later or elsewhere without being changed. */
  readonly retryable: boolean
  /** What is wrong, safe to show to anyone: no path of ours, address, stack or upstream text beyond its parameters. */
  readonly text: string
  /** What the reader can do now. */
  readonly remedy: string
}
