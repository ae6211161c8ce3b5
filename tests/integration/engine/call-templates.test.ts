/** Calls as a family's own chat template writes them, read by the reader that the template itself chooses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jinjaTraits } from '../../../src/engine/embedded/capabilities.ts'
import { replyTaker } from '../../../src/engine/embedded/routes/reply-taker.ts'
import { splitterFor } from '../../../src/engine/embedded/thinking.ts'
import { type FoundCall, offeredTool } from '../../../src/engine/reply/index.ts'
import {
  bareCallTag,
  type JinjaInput,
  renderJinja,
  type ThoughtTags,
} from '../../../src/engine/template/index.ts'
import { llamaModels } from '../../reference/llama-source.ts'

const found = await llamaModels()
const missing = 'missing' in found ? found.missing : ''
if (missing !== '') console.warn(`skipped: ${missing}`)

/** `callsMax`: some templates write one call in an answer; `end`: the token that ends it. */
const families = [
  { file: 'Qwen-Qwen2.5-7B-Instruct', end: '<|im_end|>', callsMax: 3 },
  { file: 'Qwen-Qwen3-0.6B', end: '<|im_end|>', callsMax: 3 },
  { file: 'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use', end: '<|im_end|>', callsMax: 3 },
  { file: 'meta-llama-Llama-3.2-3B-Instruct', end: '<|eot_id|>', callsMax: 1 },
  { file: 'mistralai-Mistral-Nemo-Instruct-2407', end: '</s>', callsMax: 3 },
  { file: 'unsloth-mistral-Devstral-Small-2507', end: '</s>', callsMax: 3 },
  { file: 'mistralai-Ministral-3-14B-Reasoning-2512', end: '</s>', callsMax: 3 },
  { file: 'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B', end: '<｜end▁of▁sentence｜>', callsMax: 3 },
  { file: 'llama-cpp-deepseek-r1', end: '<｜end▁of▁sentence｜>', callsMax: 3 },
  { file: 'deepseek-ai-DeepSeek-V3.1', end: '<｜end▁of▁sentence｜>', callsMax: 3 },
  { file: 'Apertus-8B-Instruct', end: '<|assistant_end|>', callsMax: 3 },
  {
    file: 'CohereForAI-c4ai-command-r7b-12-2024-tool_use',
    end: '<|END_OF_TURN_TOKEN|>',
    callsMax: 3,
  },
  { file: 'GigaChat3.1-10B-A1.8B', end: '<|message_sep|>', callsMax: 1 },
  { file: 'MiniMax-M1', end: '<end_of_sentence>', callsMax: 3 },
  { file: 'meetkai-functionary-medium-v3.1', end: '<|eom_id|>', callsMax: 3 },
  { file: 'moonshotai-Kimi-K2', end: '<|im_end|>', callsMax: 3 },
  { file: 'upstage-Solar-Open-100B', end: '<|calls|>', callsMax: 3 },
] as const

const callsWanted = 500
/** So many answers are cut in two at every place; all are cut into letters, and into pieces of any length. */
const answersSplit = 10

const properties = Object.fromEntries(
  ['city', 'days'].map((key) => [key, { type: 'string', description: key }]),
)
const offered = ['get_weather', 'get', 'get_weather_now'].map((name) => ({
  type: 'function',
  function: { name, description: 'd', parameters: { type: 'object', properties, required: [] } },
}))
const tools = offered.map(offeredTool)

const argument = fc.oneof(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }))
const call = fc.record({
  name: fc.constantFrom(...tools.map(({ name }) => name)),
  arguments: fc.dictionary(fc.string({ minLength: 1 }), argument, { maxKeys: 3 }),
})

describe.skipIf(missing !== '').each(families)(
  'S-035: as the template of $file writes them',
  (family) => {
    test(`${callsWanted} calls, cut at every place: the same calls, and nothing of them as text`, () => {
      if (!('folder' in found)) return
      const source = readFileSync(join(found.folder, 'templates', `${family.file}.jinja`), 'utf8')
      const traits = jinjaTraits(source)
      const lists = fc.array(call, { minLength: 1, maxLength: family.callsMax })
      const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 })
      const read = (prompt: string, pieces: readonly string[]) => {
        const splitter = splitterFor(true, traits.thoughtTags, prompt)
        const of = { traits, splitter, prompt, tools, hasFormat: false }
        const taker = replyTaker(of)
        const parts = [...pieces.map((piece) => taker.push(piece)), taker.finish()]
        return {
          text: parts
            .map(({ text }) => text)
            .join('')
            .trim(),
          calls: parts.flatMap(({ calls }) => calls),
        }
      }
      /** What an answer that is cut short may show; without a tag it may be no call at all. */
      const begun = [traits.callTag, traits.thoughtTags?.open ?? '']
      let [calls, answers] = [0, 0]
      for (const [list, lengths] of fc.sample(fc.tuple(lists, cuts), {
        numRuns: callsWanted,
        seed: 8,
      })) {
        const given = JSON.parse(JSON.stringify(list)) as FoundCall[]
        const { prompt, answer } = answerOf(source, given, family.end, traits.thoughtTags)
        const whole = { text: '', calls: given }
        expect(read(prompt, answer.split(''))).toEqual(whole)
        expect(read(prompt, piecesOf(answer, lengths))).toEqual(whole)
        const places = answers < answersSplit ? answer.length : 0
        for (let at = 0; at < places; at++) {
          expect(read(prompt, [answer.slice(0, at), answer.slice(at)])).toEqual(whole)
          const { text } = read(prompt, [answer.slice(0, at)])
          const isBegun = begun.some((tag) => tag.startsWith(text))
          expect(isBegun || traits.callTag === bareCallTag).toBe(true)
        }
        answers++
        calls += given.length
        if (calls >= callsWanted) break
      }
      console.log(`${family.file}: ${calls} calls in ${answers} answers`)
      expect(calls).toBeGreaterThanOrEqual(callsWanted)
    })
  },
)

/** What the model was asked and what it said, as its template writes both. */
function answerOf(
  source: string,
  calls: readonly FoundCall[],
  end: string,
  thoughts: ThoughtTags | undefined,
) {
  const messages = [{ role: 'user', content: 'The question' }]
  const toolCalls = calls.map((made, i) => ({ id: `abcdefgh${i}`, function: made }))
  const said = { role: 'assistant', content: '', toolCalls }
  const fixed = { tools: offered, currentDate: '2026-11-27', bosToken: '<s>', eosToken: end }
  const render = (more: Partial<JinjaInput>) => renderJinja(source, { ...fixed, ...more })
  const prompt = render({ messages })
  const chat = render({ messages: [...messages, said] })
  let begin = 0
  while (begin < prompt.length && chat[begin] === prompt[begin]) begin++
  begin =
    chat.lastIndexOf('<', begin) > chat.lastIndexOf('>', begin)
      ? chat.lastIndexOf('<', begin)
      : begin
  const last = chat.lastIndexOf(end)
  const answer = chat.slice(begin, last < begin ? undefined : last)
  // A prompt may begin a thought; of earlier answers the template leaves it out.
  const isThinking = thoughts !== undefined && prompt.trim().endsWith(thoughts.open)
  return { prompt, answer: isThinking ? `Hm.${thoughts.close}${answer}` : answer }
}

function piecesOf(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, i = 0; at < text.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}
