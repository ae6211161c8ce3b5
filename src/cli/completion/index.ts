import type { CommandHandler } from '../command.ts'
import { commandGroups, commandTable } from '../command-table.ts'
import { exitCodes } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { completionScript, shells } from './scripts.ts'

/** `completion`: prints the script for a shell. */
export const completion: CommandHandler = async ({ operands, terminal }) => {
  const shell = shells.find((name) => name === operands[0])
  if (shell === undefined) {
    throw usageError(
      `there are scripts for ${shells.join(', ')}, not for ${operands[0]}`,
      'help completion',
    )
  }
  terminal.write(completionScript(shell, commandTable, commandGroups))
  return exitCodes.ok
}
