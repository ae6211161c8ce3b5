import { dirname, resolve } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { readBytes } from '../../sys/files.ts'
import { type Modelfile, modelfileBytesMax, readModelfile } from '../../wire/ollama/modelfile.ts'
import { type Call, type CommandHandler, textOption } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type GatewayClient, openGateway } from '../gateway-client.ts'
import { createRequest } from './create-request.ts'
import { openScreen, showTransfer } from './show-transfer.ts'
import { uploadFiles } from './upload.ts'
import { type WeightsFile, weightsFiles } from './weights-files.ts'

/** `create`: makes a model of a Modelfile and the files that it names. */
export const create: CommandHandler = async (call) => {
  const file = resolve(call.self.cwd, textOption(call, 'file') ?? 'Modelfile')
  const text = await readText(file)
  const model = call.operands[0] ?? ''
  const code = await createFrom(call, { text, folder: dirname(file), model })
  if (code === exitCodes.ok && call.options['json'] !== true) {
    call.terminal.print(`created ${model}`)
  }
  return code
}

/** Makes a model of the text of a Modelfile, whose paths begin at `folder`. */
export async function createFrom(
  call: Call,
  {
    text,
    folder,
    model,
  }: { readonly text: string; readonly folder: string; readonly model: string },
): Promise<ExitCode> {
  const modelfile = readModelfile(text)
  const sources = await sourcesOf(modelfile, { folder, homeDir: call.self.homeDir })
  const gateway = await openGateway(call)
  const uploaded = await uploadAll(call, gateway, sources)
  if (uploaded === undefined) return exitCodes.interrupted
  const body = createRequest(modelfile, {
    model,
    from: sources.from,
    ...uploaded,
    quantize: textOption(call, 'quantize'),
  })
  return showTransfer(call, gateway, { path: '/api/create', body })
}

interface Sources {
  readonly from: string | undefined
  readonly files: readonly WeightsFile[]
  readonly adapters: readonly WeightsFile[]
}

async function sourcesOf(
  modelfile: Modelfile,
  places: { readonly folder: string; readonly homeDir: string },
): Promise<Sources> {
  let from: string | undefined
  const files: WeightsFile[] = []
  const adapters: WeightsFile[] = []
  for (const text of modelfile.from) {
    const found = await weightsFiles(text, places)
    if (found === undefined) from = text
    else files.push(...found)
  }
  for (const text of modelfile.adapters) {
    const found = await weightsFiles(text, places)
    if (found === undefined) {
      const path = resolve(places.folder, text)
      throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason: 'there is nothing' })
    }
    adapters.push(...found)
  }
  return { from, files, adapters }
}

/** Undefined when the person left meanwhile. */
async function uploadAll(call: Call, gateway: GatewayClient, { files, adapters }: Sources) {
  const leaving = new AbortController()
  const giveBack = call.self.onSignal(['SIGINT'], () => leaving.abort())
  const screen = openScreen(call)
  const way = { gateway, screen, signal: leaving.signal }
  try {
    return { files: await uploadFiles(files, way), adapters: await uploadFiles(adapters, way) }
  } catch (error) {
    if (leaving.signal.aborted) return undefined
    throw error
  } finally {
    screen.close()
    giveBack()
  }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readBytes(path, modelfileBytesMax))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason: code ?? message }, { cause: error })
  }
}
