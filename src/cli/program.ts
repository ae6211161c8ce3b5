/** The command table as commander's parser, and what it makes of a command line. */
import { Command, CommanderError, Option } from 'commander'
import type { Call, CommandRow, OptionRow } from './command.ts'
import { commandGroups, commandTable } from './command-table.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { exampleText, exitCodeText, programDescription } from './help-text.ts'
import { globalOptions } from './options.ts'

/** What a command line asks for: a command, or nothing more because a help text or the version was printed. */
export type Request =
  | ({ readonly type: 'run'; readonly row: CommandRow } & Pick<Call, 'operands' | 'options'>)
  | { readonly type: 'printed'; readonly code: ExitCode }

/** Where help texts and the version go. */
export interface HelpOutput extends Pick<Call, 'commandName' | 'version'> {
  writeOut(text: string): void
  writeErr(text: string): void
}

/**
 * Understands a command line, or throws `OD_CLI_USAGE` with the nearest right word. Runs nothing. Without any command the
 * help is printed, and that is a wrong use, because a script that does so forgot something.
 */
export async function parseCommandLine(
  args: readonly string[],
  output: HelpOutput,
): Promise<Request> {
  let request: Request = { type: 'printed', code: exitCodes.ok }
  const program = buildProgram(output, (found) => {
    request = found
  })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.help' && error.exitCode !== 0) {
      return { type: 'printed', code: exitCodes.usage }
    }
    if (error.exitCode !== 0) throw usageErrorOf(error, args)
  }
  return request
}

/** The parser; `onRequest` hears of the command that is to run. */
export function buildProgram(output: HelpOutput, onRequest: (request: Request) => void): Command {
  const program = new Command(output.commandName)
    .description(programDescription)
    .version(
      `ollama-distributed ${output.version}`,
      '-v, --version',
      'Print the version of this program',
    )
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => output.writeOut(text),
      writeErr: (text) => output.writeErr(text),
      outputError: () => {}, // told by the error that `parseCommandLine` throws
    })
    .addHelpText('after', exitCodeText)
  for (const { flags, description } of Object.values(globalOptions)) {
    program.addOption(new Option(flags, description))
  }
  for (const row of commandTable) {
    const [first = '', second] = row.name.split(' ')
    if (second === undefined) {
      addCommand(program, row, output.commandName, onRequest)
      continue
    }
    addCommand(groupOf(program, first), row, output.commandName, onRequest)
  }
  addHelpCommand(program)
  return program
}

/** The command that holds others; it may be one that does something itself, and then options before a name are its own. */
function groupOf(program: Command, name: string): Command {
  const made = program.commands.find((command) => command.name() === name)
  if (made !== undefined) return made.enablePositionalOptions().helpCommand(false)
  return program
    .command(name)
    .description(commandGroups.get(name) ?? '')
    .helpCommand(false)
}

function addCommand(
  parent: Command,
  row: CommandRow,
  commandName: string,
  onRequest: (request: Request) => void,
): void {
  const command = parent
    .command(row.name.split(' ').at(-1) ?? row.name)
    .aliases([...(row.aliases ?? [])])
    .summary(row.summary)
    .description(`${row.summary}.\n\n${row.description}`)
    .addHelpText('after', exampleText(row, commandName))
  for (const { name, description } of row.operands ?? []) command.argument(name, description)
  for (const option of row.options) command.addOption(optionOf(option))
  command.action(() => {
    const options = command.optsWithGlobals<Call['options']>()
    refuseForeignOptions(row, command)
    onRequest({ type: 'run', row, operands: operandsOf(command), options })
  })
}

function optionOf({ flags, description, isRepeated = false }: OptionRow): Option {
  const option = new Option(flags, description)
  if (!isRepeated) return option
  return option.argParser((text, before: string | undefined) =>
    before === undefined ? text : `${before},${text}`,
  )
}

function operandsOf(command: Command): string[] {
  return command.processedArgs.flatMap((value: string | string[] | undefined) => {
    const text = Array.isArray(value) ? value.join(' ') : value
    return text === undefined || (Array.isArray(value) && value.length === 0) ? [] : [text]
  })
}

/** An option of the program, or of a group, that the command has no use for would be dropped in silence. */
function refuseForeignOptions(row: CommandRow, command: Command): void {
  const own = new Set(command.options.map((option) => option.attributeName()))
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const option of above.options) {
      const name = option.attributeName()
      if (above.getOptionValue(name) === undefined || own.has(name)) continue
      throw usageError(`\`${row.name}\` takes no ${option.long}`, `help ${row.name}`)
    }
  }
}

/** `help`, `help models`, `help config explain`; an unknown name gets the same suggestions as when it is run. */
function addHelpCommand(program: Command): void {
  program
    .command('help')
    .summary('Show this help, or that of a command')
    .argument('[command...]', 'Command to explain')
    .action((words: readonly string[]) => void explain(program, words))
}

function explain(program: Command, words: readonly string[]): never | Command {
  let found = program
  for (const [depth, word] of words.entries()) {
    const next = found.commands.find(
      (command) => command.name() === word || command.aliases().includes(word),
    )
    const isLast = found.commands.length === 0 || found.registeredArguments.length > 0
    if (next === undefined && isLast) {
      throw usageError(`there is no command '${words.join(' ')}'`)
    }
    if (next === undefined) return program.parse(words.slice(0, depth + 1), { from: 'user' })
    found = next
  }
  return found.help()
}

/** Commander's messages begin with `error: `; a suggestion stands in parentheses on a second line. */
function usageErrorOf(error: CommanderError, args: readonly string[]): Error {
  const [problem = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n')
  const hint = /^\(Did you mean (.*)\?\)$/.exec(suggestion)?.[1]
  const known = commandTable.find(({ name }) => args.join(' ').startsWith(name))
  return usageError(
    hint === undefined ? problem : `${problem}; did you mean ${hint}?`,
    known === undefined ? 'help' : `help ${known.name}`,
  )
}
