import {
  checkConfig,
  configCheckText,
  configExplainText,
  configJsonSchema,
  configShowText,
} from '../config/index.ts'
import type { CommandHandler } from './command.ts'
import { configInput, loadCallConfig } from './config-input.ts'
import { exitCodes } from './exit-codes.ts'
import { printJson } from './json-output.ts'

/** `config check`: every problem at once. */
export const configCheck: CommandHandler = async (call) => {
  const report = await checkConfig(configInput(call))
  if (!printJson(call, report)) call.terminal.write(configCheckText(report))
  return report.ok ? exitCodes.ok : exitCodes.failure
}

/** `config show`: every setting with its source. */
export const configShow: CommandHandler = async (call) => {
  const config = await loadCallConfig(call)
  if (!printJson(call, config.entries())) call.terminal.write(configShowText(config))
  return exitCodes.ok
}

/** `config explain KEY`. */
export const configExplain: CommandHandler = async (call) => {
  const config = await loadCallConfig(call)
  const key = call.operands[0] ?? ''
  if (!printJson(call, config.explain(key))) call.terminal.write(configExplainText(config, key))
  return exitCodes.ok
}

/** `config schema`: the JSON Schema of the file. */
export const configSchema: CommandHandler = async ({ terminal }) => {
  terminal.print(JSON.stringify(configJsonSchema(), null, 2))
  return exitCodes.ok
}
