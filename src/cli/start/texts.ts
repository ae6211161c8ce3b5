/** What `start` prints. */
import type { RunningNode, StartStep } from '../../node/index.ts'
import type { RunFile } from '../../sys/run-file.ts'
import { quoteWord } from '../find-gateway.ts'

/** Longest name of a step, so that what came of them lines up. */
const nameWidth = 8

/** `✓ engine   embedded, llama.cpp b6673   0.4 s`; plain ASCII unless `isFancy`. */
export function stepLine({ name, text, durationMs }: StartStep, isFancy: boolean): string {
  const mark = isFancy ? '✓' : 'ok'
  return `${mark} ${name.padEnd(nameWidth)} ${text}   ${(durationMs / 1000).toFixed(1)} s`
}

/** What the text after the steps depends on. */
export interface ReadyFacts {
  readonly node: Pick<
    RunningNode,
    'gatewayUrl' | 'addresses' | 'dataDir' | 'heldOllamaAddress' | 'nodeId' | 'joinAddresses'
  >
  /** The models that answer now. */
  readonly models: readonly string[]
  /** A token for one other node; absent where nobody is there to read it. */
  readonly token?: string | undefined
  /** How this user starts the program. */
  readonly commandName: string
  /** A second terminal finds the node without being told where. */
  readonly isUsualDataDir: boolean
  readonly isRoot: boolean
  /** Others than this machine may use it. */
  readonly isOpen: boolean
}

/** The addresses, the data, a line to try, the line for a second terminal, and how it ends. */
export function readyText(facts: ReadyFacts): string {
  const { node, commandName, isRoot, isOpen } = facts
  const model = modelToTry(facts.models)
  const place = dataDirWords(node.dataDir, facts.isUsualDataDir)
  const blocks = [
    [
      'The node is ready.',
      ...labelled('Gateway', node.addresses),
      ...(isOpen
        ? ['          open: everyone who reaches an address may use it, without a key']
        : []),
      ...labelled('Node', [node.nodeId]),
      ...labelled('Peer', node.joinAddresses),
      ...labelled('Data', [`${node.dataDir}${isRoot ? '   (running as root)' : ''}`]),
      ...ollamaLines(node.heldOllamaAddress, `${commandName} start${place}`),
    ],
    model === undefined
      ? [`No engine has a model yet; ${commandName} models${place} lists them once one has.`]
      : ['Try it:', `  ${curlLine(node.gatewayUrl, model)}`],
    ...(facts.token === undefined
      ? []
      : [
          [
            'On another machine, within an hour, to make one of both:',
            `  ${joinLine(node.joinAddresses, facts.token)}`,
          ],
        ]),
    ['In a second terminal:', `  ${commandName} run ${model ?? 'MODEL'}${place}`],
    ['Ctrl-C stops the node.'],
  ]
  return ['', ...blocks.flatMap((lines) => [...lines, ''])].join('\n').trimEnd()
}

/** The line that joins another machine's node to this one. */
export function joinLine(addresses: readonly string[], token: string): string {
  return `ollama-distributed join --peer ${addresses[0] ?? ''} --token ${token}`
}

/** A line that streams an answer to the terminal through the gateway. */
export function curlLine(gatewayUrl: string, model: string): string {
  const body = JSON.stringify({ model, prompt: 'Why is the sky blue?' })
  return `curl ${gatewayUrl}/api/generate -d ${quoteWord(body)}`
}

/** A node runs on this data folder already. */
export function alreadyRunningText(
  { pid, gateway, startedAt }: RunFile,
  options: { commandName: string; dataDir: string; isUsualDataDir: boolean },
): string {
  const { commandName, dataDir, isUsualDataDir } = options
  const place = dataDirWords(dataDir, isUsualDataDir)
  return [
    `already running: ${gateway}, pid ${pid}, since ${startedAt}`,
    `  its data: ${dataDir}`,
    `  use it:   ${commandName} run pocket${place}`,
    `  stop it:  ${commandName} stop${place}`,
    '  a second node on this machine needs its own --data-dir and --port',
  ].join('\n')
}

/** The command line of this start with one flag changed, to be copied. `args` begin with `start`. */
export function lineWithFlag(
  commandName: string,
  args: readonly string[],
  flag: string,
  value: string | number,
): string {
  const others = args.filter(
    (arg, i) => arg !== flag && args[i - 1] !== flag && !arg.startsWith(`${flag}=`),
  )
  return [commandName, ...[...others, flag, String(value)].map(quoteWord)].join(' ')
}

/** The bundled model where it is there: it answers within a second on any machine. */
function modelToTry(models: readonly string[]): string | undefined {
  return models.includes('pocket:latest') || models.includes('pocket') ? 'pocket' : models[0]
}

function dataDirWords(dataDir: string, isUsual: boolean): string {
  return isUsual ? '' : ` --data-dir ${quoteWord(dataDir)}`
}

function labelled(label: string, values: readonly string[]): string[] {
  return values.map((value, i) => `${(i === 0 ? label : '').padEnd(10)}${value}`)
}

function ollamaLines(held: string | undefined, start: string): string[] {
  if (held === undefined) return []
  return [
    ...labelled('Ollama', [
      `this node answers at ${held}, so the \`ollama\` command works with it`,
    ]),
    `          before an Ollama is to start there, start this node with: ${start} --ollama-port 0`,
  ]
}
