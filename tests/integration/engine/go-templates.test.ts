/** Our Go templates against Ollama's, which are Go's own; where Go is not there, against what it said once. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type PromptInput,
  parseGoTemplate,
  renderPrompt,
  thoughtTags,
} from '../../../src/engine/template/index.ts'
import { type Chat, chats } from '../../reference/chats.ts'
import { goTemplate } from '../../reference/go-templates.ts'
import { askOllamaGo, type GoAnswer, ollamaGo } from '../../reference/ollama-go.ts'

const go = await ollamaGo()
const missing = 'missing' in go ? go.missing : ''
if (missing !== '') console.warn(`skipped: ${missing}`)

/** Thousands of templates, one after the other, on a machine that has other work. */
const timeoutMs = 300_000

/** The day that Go's program sees, whose clock is set to UTC. */
const today = () => new Date().toISOString().slice(0, 10)

/** A day for what is recorded: parts of a date, its length and its order are in it too. */
const recordedDay = '2026-11-27'

interface Outcome {
  readonly text?: string
  readonly error?: string
}

function ours(source: string, chat: Chat, day: string): Outcome {
  try {
    return { text: renderPrompt(parseGoTemplate(source), inputOf(chat, day)) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

function inputOf({ Messages, Tools, Think }: Chat, day: string): PromptInput {
  const level = Think === true ? 'medium' : Think
  return {
    currentDate: day,
    messages: Messages.map((message) => ({
      role: message['role'] as string,
      content: message['content'] as string,
      thinking: (message['thinking'] as string | undefined) ?? '',
      toolName: (message['tool_name'] as string | undefined) ?? '',
      toolCalls: (message['tool_calls'] as never) ?? [],
    })),
    ...(Tools && { tools: Tools }),
    ...(Think !== undefined && {
      isThinkSet: true,
      think: Think !== false,
      thinkLevel: level || '',
    }),
  }
}

function theirs({ Text, Failed, Error: error }: GoAnswer): Outcome {
  return Failed === '' ? { text: Text } : { error }
}

/** What is not compared, each with the reason. */
const tolerated: readonly (readonly [RegExp, string])[] = [
  // Go shows where its values lie
  [/(?:0x)?[0-9a-f]{10,20}\b/gi, 'ADDRESS'],
  // To Go the type of what lies in a map of anything is `interface {}`; ours knows only what is in it
  [/cannot index slice\/array with (?:nil|type [^"]*)/g, 'cannot index'],
  // … and it knows two kinds of nothing
  [/len: (?:len of nil pointer|reflect: call of reflect.Value.Type on zero Value)/g, 'len of nil'],
  [
    /invalid value; expected string|wrong type for value; expected string; got interface \{\}/g,
    'no string',
  ],
  // A byte of a string is an int of ours
  [/\b(?:uint8|int)\b/g, 'int'],
]

/** An error's words up to where ours are cut. */
function comparable({ text, error }: Outcome): string {
  const whole = JSON.stringify([text, error?.slice(0, 900)])
  return tolerated.reduce((kept, [words, name]) => kept.replaceAll(words, name), whole)
}

/** What a recorded outcome is told by. */
function digestOf(outcome: Outcome): string {
  return createHash('sha256').update(comparable(outcome)).digest('hex').slice(0, 12)
}

let made: { source: string; chat: string }[] | undefined

/** 2,000 templates made at random, the same in each run, each with a chat. Making them takes longer than rendering them. */
function randomCases(): { source: string; chat: string }[] {
  const names = Object.keys(chats)
  made ??= fc
    .sample(goTemplate, { numRuns: 2_000, seed: 8 })
    .map((source, i) => ({ source, chat: names[i % names.length] as string }))
  return made
}

/** What our engine makes of them; where Go makes the same, its digests are these. */
function randomDigests(): string[] {
  return randomCases().map(({ source, chat }) =>
    digestOf(ours(source, chats[chat] as Chat, recordedDay)),
  )
}

/** Written anew with `vitest -u`, where Go is there and nothing differs. */
const recorded = 'go-template-facts.txt'

interface Difference {
  readonly source: string
  readonly chat: string
  readonly ours: Outcome
  readonly theirs: Outcome
}

/** All of the cases where ours differs from Ollama's. */
async function differences(
  cases: readonly { source: string; chat: string }[],
): Promise<Difference[]> {
  if (!('program' in go)) return []
  const questions = cases.map(({ source, chat }) => ({
    Op: 'template' as const,
    Source: source,
    ...chats[chat],
  }))
  const day = today()
  const answers = await askOllamaGo(go.program, questions)
  if (day !== today()) return differences(cases) // it was midnight meanwhile
  return cases.flatMap(({ source, chat }, i) => {
    const pair = {
      ours: ours(source, chats[chat] as Chat, day),
      theirs: theirs(answers[i] as GoAnswer),
    }
    return comparable(pair.ours) === comparable(pair.theirs) ? [] : [{ source, chat, ...pair }]
  })
}

test.skipIf(missing !== '')(
  'S-035 (part: Go templates): 2,000 made at random render as Go renders them, errors included',
  async () => {
    const cases = randomCases()
    const found = await differences(cases)
    const failed = cases.filter(
      ({ source, chat }) => ours(source, chats[chat] as Chat, recordedDay).error !== undefined,
    )
    console.log(
      `${cases.length} templates, of which ${failed.length} end with an error; ${found.length} differ`,
    )
    expect(found).toEqual([])
    expect(failed.length).toBeLessThan(cases.length * 0.7)
    await expect(`${randomDigests().join('\n')}\n`).toMatchFileSnapshot(recorded)
  },
  timeoutMs,
)

test(
  'S-035 (part: Go templates): 2,000 made at random render as Go rendered them when it was asked',
  () => {
    const facts = readFileSync(new URL(recorded, import.meta.url), 'utf8')
    expect(randomDigests()).toEqual(facts.trim().split('\n'))
  },
  timeoutMs,
)

test.skipIf(missing !== '')(
  'S-035 (part: Go templates): every template that Ollama publishes renders every chat as Go renders it',
  async () => {
    if (!('sources' in go)) return
    const folder = join(go.sources, 'template')
    const files = (await readdir(folder)).filter((name) => name.endsWith('.gotmpl'))
    const sources = files.map((name) => readFileSync(join(folder, name), 'utf8'))
    expect(sources.length).toBeGreaterThan(15)
    const cases = sources.flatMap((source) => Object.keys(chats).map((chat) => ({ source, chat })))
    expect(await differences(cases)).toEqual([])
    const tags = await askOllamaGo(
      go.program,
      sources.map((Source) => ({ Op: 'tags' as const, Source })),
    )
    const inferred = sources.map((source) => thoughtTags(parseGoTemplate(source)))
    expect(inferred).toEqual(
      tags.map(({ Open, Close }) => (Open && Close ? { open: Open, close: Close } : undefined)),
    )
  },
  timeoutMs,
)

test.skipIf(missing !== '')(
  'S-035 (part: Go templates): corners render as Go renders them',
  async () => {
    const values = [
      '0.5',
      '1.5',
      '2.5',
      '-0.25',
      '0.125',
      '1e21',
      '5e-324',
      '0x1.8p-2',
      '1e100',
      '100000',
    ]
    const verbs = [
      '%.0f',
      '%.1f',
      '%.2f',
      '%.0e',
      '%.1e',
      '%.2g',
      '%g',
      '%b',
      '%x',
      '%.1x',
      '%#g',
      '%v',
      '%08.2f|',
    ]
    const floats = values.flatMap((value) => verbs.map((verb) => `{{ printf "${verb}" ${value} }}`))
    const jumps = [
      '{{ range .Messages }}{{ range .ToolCalls }}{{ else }}{{ break }}{{ end }}x{{ end }}',
      '{{ range .Messages }}{{ range .ToolCalls }}{{ else }}{{ continue }}{{ end }}x{{ end }}',
      '{{ range $i, $m := .Messages }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ .Content }}{{ end }}',
    ]
    const sources = [...floats, ...jumps].map((source) => `${source}{{ if .Messages }}{{ end }}`)
    const cases = sources.map((source) => ({ source, chat: 'system and turns' }))
    expect(await differences(cases)).toEqual([])
  },
)
