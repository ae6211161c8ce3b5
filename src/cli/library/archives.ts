/** `models export` and `models import`: models as files. */
import { basename, resolve } from 'node:path'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { kindOf, withFileReader } from '../../sys/files.ts'
import { moveIntoPlace, removeFile, writeStream } from '../../sys/store-files.ts'
import { type Call, type CommandHandler, textOption } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openGateway } from '../gateway-client.ts'
import { printJson } from '../json-output.ts'
import { createFrom } from './create.ts'
import { openScreen, type TransferScreen } from './show-transfer.ts'
import { fileChunks } from './upload.ts'

/** `models export`: writes a model into an archive. */
export const exportModel: CommandHandler = async (call) => {
  const [model = '', file] = call.operands
  const path = resolve(call.self.cwd, file ?? `${model.replaceAll(/[/:\\]/g, '-')}.tar`)
  const gateway = await openGateway(call)
  return withScreen(call, async (screen, signal) => {
    const { totalBytes, chunks } = await gateway.download('/api/od/export', { model }, signal)
    const archive = shown(chunks, `writing ${basename(path)}`, totalBytes, screen)
    await writeTo(path, archive).catch((error: unknown) => {
      const isCut = isOdError(error) && error.code === 'OD_CLI_ANSWER_CUT' // all that a broken connection says
      throw isCut ? new OdError('OD_CLI_ARCHIVE_CUT', { model }, { cause: error }) : error
    })
    if (!printJson(call, { model, file: path, bytes: totalBytes })) {
      call.terminal.print(`exported ${model} to ${path}`)
    }
  })
}

/** `models import`: makes models of an archive, a GGUF file, or a folder with weights. */
export const importModels: CommandHandler = async (call) => {
  const path = resolve(call.self.cwd, call.operands[0] ?? '')
  const name = textOption(call, 'name')
  if (await isArchive(path)) return importArchive(call, path, name)
  const model = name ?? nameFor(path)
  const code = await createFrom(call, { text: `FROM ${path}`, folder: call.self.cwd, model })
  if (code === exitCodes.ok && call.options['json'] !== true) {
    call.terminal.print(`imported ${model}`)
  }
  return code
}

async function importArchive(
  call: Call,
  path: string,
  name: string | undefined,
): Promise<ExitCode> {
  const gateway = await openGateway(call)
  const query = name === undefined ? '' : `?name=${encodeURIComponent(name)}`
  return withScreen(call, async (screen, signal) => {
    const digest = path
    const file = await fileChunks(path, (progress) =>
      screen.add({ status: `reading ${basename(path)}`, digest, ...progress }),
    )
    const answer = await gateway.upload(`/api/od/import${query}`, file, signal)
    if (printJson(call, answer)) return
    for (const model of answer['models'] as readonly string[]) {
      call.terminal.print(`imported ${model}`)
    }
  })
}

/** Ctrl-C closes the connection, which ends the work. */
async function withScreen(
  call: Call,
  action: (screen: TransferScreen, signal: AbortSignal) => Promise<void>,
): Promise<ExitCode> {
  const leaving = new AbortController()
  const giveBack = call.self.onSignal(['SIGINT'], () => leaving.abort())
  const screen = openScreen(call)
  try {
    await action(screen, leaving.signal)
    return exitCodes.ok
  } catch (error) {
    if (leaving.signal.aborted) return exitCodes.interrupted
    throw error
  } finally {
    screen.close()
    giveBack()
  }
}

async function* shown(
  chunks: AsyncIterable<Uint8Array>,
  status: string,
  total: number,
  screen: TransferScreen,
): AsyncGenerator<Uint8Array> {
  let completed = 0
  for await (const chunk of chunks) {
    completed += chunk.length
    screen.add({ status, digest: status, total, completed: Math.min(completed, total) })
    yield chunk
  }
}

/** What a person has at that name is theirs, and is not written over. */
async function writeTo(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const refuse = (reason: string, cause?: unknown) =>
    new OdError('OD_CLI_FILE_UNWRITABLE', { path, reason }, { cause })
  if ((await kindOf(path).catch(() => undefined)) !== undefined) {
    throw refuse('something is there already')
  }
  const part = `${path}.part`
  try {
    await removeFile(part) // of an export that was killed
    await writeStream(part, chunks, () => undefined)
    await moveIntoPlace(part, path)
  } catch (error) {
    await removeFile(part)
    const { code } = error as NodeJS.ErrnoException
    throw isOdError(error) || code === undefined ? error : refuse(code, error)
  }
}

/** Anything that is no GGUF and no folder is sent as an archive; the engine says what is wrong with it. */
async function isArchive(path: string): Promise<boolean> {
  const kind = await kindOf(path).catch(() => undefined)
  if (kind === undefined) {
    throw new OdError('OD_CLI_FILE_UNREADABLE', { path, reason: 'there is nothing' })
  }
  if (kind === 'folder') return false
  return new TextDecoder().decode(withFileReader(path, (read) => read(0, 4))) !== 'GGUF'
}

/** What a model is called after its file: what its name can hold. */
function nameFor(path: string): string {
  const plain = basename(path).replace(/\.gguf$/i, '')
  return plain.replaceAll(/[^\w.-]/g, '-').replace(/^[.-]+/, '') || 'imported'
}
