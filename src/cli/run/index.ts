/** `run`: asks a model one thing, or talks with it. */
import type { Call, CommandHandler } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { type GatewayClient, openGateway } from '../gateway-client.ts'
import { limits } from '../limits.ts'
import { printAnswer } from './answer.ts'
import { countersText } from './counters.ts'
import { type RunRequest, readRunRequest } from './request.ts'
import { talk } from './session.ts'

/** `run MODEL [PROMPT]`. Source of the behaviour: Ollama cmd/cmd.go, `RunHandler`. */
export const run: CommandHandler = async (call) => {
  const [model = '', words] = call.operands
  const request = readRunRequest(model, call.options)
  const prompt = await readPrompt(call, words)
  const gateway = await openGateway(call)
  return prompt === undefined
    ? await talk(call, gateway, request)
    : await askOnce(call, gateway, request, prompt)
}

/** What is piped in comes before the words of the command line; undefined means a conversation. */
async function readPrompt({ self }: Call, words: string | undefined): Promise<string | undefined> {
  if (self.input.isTTY) {
    if (words === undefined && !self.output.isTTY) {
      throw usageError('a conversation needs a terminal; give a prompt', 'help run')
    }
    return words
  }
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of self.input as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > limits.promptBytesMax) {
      throw usageError(`what is piped in is larger than ${limits.promptBytesMax} bytes`, 'help run')
    }
    parts.push(part)
  }
  const piped = Buffer.concat(parts).toString('utf8')
  return [piped, words ?? ''].filter((part) => part !== '').join(' ')
}

/** An empty prompt only loads the model, as in Ollama. */
async function askOnce(
  call: Call,
  gateway: GatewayClient,
  request: RunRequest,
  prompt: string,
): Promise<ExitCode> {
  const { self, terminal } = call
  const { fields, system, isVerbose } = request
  const stopping = new AbortController()
  const giveBack = self.onSignal(['SIGINT'], () => stopping.abort())
  const signal = AbortSignal.any([stopping.signal, self.outputClosed])
  const body = { ...fields, prompt, ...(system !== undefined && { system }) }
  const answer = await printAnswer(call, gateway.stream('/api/generate', body, signal), request)
  giveBack()
  if (answer.text !== '' && !answer.text.endsWith('\n')) terminal.print()
  if (answer.failure !== undefined) throw answer.failure
  if (isVerbose && answer.last !== undefined) terminal.note(`\n${countersText(answer.last)}`)
  return stopping.signal.aborted ? exitCodes.interrupted : exitCodes.ok
}
