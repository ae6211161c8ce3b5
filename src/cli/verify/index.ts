/** `verify`: the six checks of the integration guide. */
import type { CommandHandler } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withCommandName } from '../failure.ts'
import { printJson } from '../json-output.ts'
import { startSpinner } from '../spinner.ts'
import { type Check, runChecks } from './check.ts'
import { checkCompletion } from './check-completion.ts'
import { checkInstallation, checkServer } from './check-engine.ts'
import { checkModels } from './check-models.ts'
import { checkApi, checkNode } from './check-node.ts'
import { findGround, type Ground } from './ground.ts'
import { closingLines, outcomeText, summaryOf } from './texts.ts'

/** Ends with 0 only when all six pass. */
export const verify: CommandHandler = async (call) => {
  const ground = await findGround(call)
  const isJson = call.options['json'] === true
  const { terminal, commandName } = call
  let stopSpinner = startSpinner(call)
  const outcomes = await runChecks(checksOf(ground), (outcome) => {
    stopSpinner()
    if (!isJson)
      terminal.print(withCommandName(outcomeText(outcome, terminal.isFancy), commandName))
    stopSpinner = startSpinner(call)
  })
  stopSpinner()
  const summary = summaryOf(outcomes)
  if (!printJson(call, { ...summary, checks: outcomes })) {
    for (const line of closingLines(outcomes)) terminal.print(line)
  }
  return summary.isPassed ? exitCodes.ok : exitCodes.failure
}

/** Names as the guide prints them. */
function checksOf(ground: Ground): Check[] {
  const isPortOfNode = ground.config.values.ollama.port === 0 // then only the node knows where its engine listens
  const rows = [
    ['Ollama Installation', [], checkInstallation],
    ['Ollama Server', isPortOfNode ? [1, 3] : [1], checkServer],
    ['Distributed System', [], checkNode],
    ['API Integration', [2, 3], checkApi],
    ['Model Management', [2, 3], checkModels],
    ['End-to-End Integration', [2, 3], checkCompletion],
  ] as const
  return rows.map(([name, needs, run], i) => ({
    number: i + 1,
    name,
    needs,
    run: () => run(ground),
  }))
}
