/** One answer on its way from the gateway to the terminal. */
import type { Call } from '../command.ts'
import type { ApiObject } from '../gateway-client.ts'
import { objectField, textField } from '../ndjson.ts'
import { startSpinner } from '../spinner.ts'
import { withoutControls } from '../terminal.ts'

/** What came of an answer. */
export interface Answer {
  /** Without the thoughts; only its beginning when it was stopped or failed. */
  readonly text: string
  /** Its last object, with the counters; undefined when it was stopped or failed. */
  readonly last: ApiObject | undefined
  /** Why it failed. */
  readonly failure?: unknown
}

/**
 * Prints an answer of `/api/chat` or `/api/generate` as it comes. A terminal gets no control characters of a model; a file
 * or a pipe gets every byte. Never throws.
 */
export async function printAnswer(
  call: Pick<Call, 'self' | 'terminal' | 'clock'>,
  objects: AsyncIterable<ApiObject>,
  options: { readonly hidesThinking: boolean },
): Promise<Answer> {
  const { self, terminal } = call
  const stopSpinner = startSpinner(call)
  const thoughts = new Thoughts((text) =>
    terminal.write(self.output.isTTY ? withoutControls(text) : text),
  )
  let text = ''
  let last: ApiObject | undefined
  try {
    for await (const object of objects) {
      const message = objectField(object, 'message')
      const thought = options.hidesThinking ? '' : partOf(object, message, 'thinking', 'thinking')
      const content = partOf(object, message, 'response', 'content')
      if (thought !== '' || content !== '' || object['done'] === true) stopSpinner()
      thoughts.think(thought)
      thoughts.speak(content)
      text += content
      if (object['done'] === true) last = object
    }
    return { text, last }
  } catch (failure) {
    return { text, last: undefined, failure }
  } finally {
    stopSpinner()
  }
}

/** The two routes name the same thing differently. */
function partOf(object: ApiObject, message: ApiObject, ofGenerate: string, ofChat: string): string {
  return textField(object, ofGenerate) || textField(message, ofChat)
}

/** Sets thoughts apart from the answer. The words are those of `ollama run`; cmd/cmd.go. */
class Thoughts {
  #isThinking = false
  #endsLine = false
  readonly #write: (text: string) => void

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  think(text: string): void {
    if (text === '') return
    if (!this.#isThinking) this.#write('Thinking...\n')
    this.#isThinking = true
    this.#endsLine = text.endsWith('\n')
    this.#write(text)
  }

  speak(text: string): void {
    if (text === '') return
    if (this.#isThinking) this.#write(`${this.#endsLine ? '' : '\n'}...done thinking.\n\n`)
    this.#isThinking = false
    this.#write(text)
  }
}
