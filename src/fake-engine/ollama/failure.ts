/** An answer that is an error: `{"error": text}` under a status. */
export class Failure extends Error {
  readonly status: number

  constructor(status: number, text: string) {
    super(text)
    this.status = status
  }
}

/** The fake closes the socket on purpose. */
export class SocketCut extends Error {}

export const texts = {
  runnerDied: 'an error was encountered while running the model: unexpected EOF',
  /** Two spaces, as in Ollama. */
  busy: 'server busy, please try again.  maximum pending requests exceeded',
  rawConflict: 'raw mode does not support template, system, or context',
  inputTooLong: 'the input length exceeds the context length',
  cloudOff: 'ollama cloud is disabled: remote model is unavailable',
  cloudDetailsOff: 'ollama cloud is disabled: remote model details are unavailable',
} as const
