/** `doctor`: what this machine has for a node, and what is in its way. Changes nothing. */
import { isTooOld, oldestOllama } from '../../core/ollama-version.ts'
import { rightsOf } from '../../sys/folder-rights.ts'
import { readHardware } from '../../sys/hardware.ts'
import { findOllama, installHint, type OllamaProgram } from '../../sys/ollama-program.ts'
import type { RunFile } from '../../sys/run-file.ts'
import type { Call, CommandHandler } from '../command.ts'
import { loadCallConfig } from '../config-input.ts'
import { exitCodes } from '../exit-codes.ts'
import { findNode } from '../find-gateway.ts'
import { printJson } from '../json-output.ts'
import { objectList, parseObject } from '../ndjson.ts'
import { ask } from '../question.ts'
import { withoutControls } from '../terminal.ts'
import type { Finding } from './finding.ts'
import { folderFinding } from './folders.ts'
import { hardwareFindings } from './hardware.ts'
import { gatewayPortFinding, ollamaPortFinding } from './ports.ts'

/** Ends with 1 when there is a problem; a warning is none. */
export const doctor: CommandHandler = async (call) => {
  const { values } = await loadCallConfig(call)
  const { node } = await findNode(call)
  const folders = [values.node.dataDir, values.ollama.modelDir]
  const [programs, hardware, engines, ...others] = await Promise.all([
    programFindings(call, values.ollama.binary),
    readHardware(folders),
    engineCount(node),
    ...[
      ['data folder', values.node.dataDir] as const,
      ['model folder', values.ollama.modelDir] as const,
    ].map(async ([topic, path]) => folderFinding(topic, path, await rightsOf(path))),
    gatewayPortFinding(
      { host: values.gateway.listen, port: values.integration.apiGateway.port },
      node,
    ),
    ollamaPortFinding(values.ollama),
  ])
  const findings = [...programs, ...hardwareFindings(hardware, engines), ...others]
  const hasProblem = findings.some(({ state }) => state === 'problem')
  if (!printJson(call, { isWell: !hasProblem, findings, hardware })) {
    for (const finding of findings) call.terminal.print(findingText(finding))
    call.terminal.print(closingLine(findings))
  }
  return hasProblem ? exitCodes.failure : exitCodes.ok
}

/** The engine's library, and Ollama itself. */
async function programFindings({ self }: Call, binary: string): Promise<Finding[]> {
  const { probeLibrary } = await import('../../node/index.ts')
  const [library, ollama] = await Promise.all([probeLibrary(), findOllama(self.env, binary)])
  const topic = 'engine library'
  const engine: Finding = library.isUsable
    ? { topic, state: 'ok', text: `llama.cpp ${library.version}` }
    : {
        topic,
        state: ollama === undefined ? 'problem' : 'warning',
        text: `cannot be used: ${library.reason}`,
        fix: installHint(self.platform),
      }
  const program: Finding =
    ollama === undefined
      ? {
          topic: 'ollama',
          state: 'problem',
          text: binary === '' ? 'no program ollama is on PATH' : `no program is at ${binary}`,
          fix: `${installHint(self.platform)}${library.isUsable ? ' The embedded engine works without it.' : ''}`,
        }
      : ollamaFinding(ollama, self.platform)
  return [engine, program]
}

function ollamaFinding({ path, version }: OllamaProgram, platform: string): Finding {
  const topic = 'ollama'
  const text = `${path}, version ${version ?? '-'}`
  if (version === undefined || !isTooOld(version)) return { topic, state: 'ok', text }
  const old = `${text}, which is older than ${oldestOllama}`
  return { topic, state: 'warning', text: old, fix: installHint(platform) }
}

/** Engines that share the machine now; one where no node runs, because that is what a node starts. */
async function engineCount(node: RunFile | undefined): Promise<number> {
  if (node === undefined) return 1
  const reply = await ask(`${node.gateway}/api/v1/instances`)
  const answer = reply.type === 'answer' ? parseObject(reply.text) : undefined
  return Math.max(1, objectList(answer ?? {}, 'instances').length)
}

const words = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const

/** Longest topic and word, so that what was seen lines up. */
const widths = { topic: 14, word: 7 } as const

function findingText({ topic, state, text, fix }: Finding): string {
  const line = `${topic.padEnd(widths.topic)} ${words[state].padEnd(widths.word)} ${text}`
  return withoutControls(fix === undefined ? line : `${line}\n    ${fix}`)
}

function closingLine(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length
  const [problems, warnings] = [count('problem'), count('warning')]
  if (problems + warnings === 0) return 'All is well.'
  return `${problems} problem${problems === 1 ? '' : 's'}, ${warnings} warning${warnings === 1 ? '' : 's'}.`
}
