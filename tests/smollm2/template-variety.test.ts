/** The chat templates that llama.cpp's source carries, out of the bundle within node-llama-cpp. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type JinjaInput, renderJinja } from '../../src/engine/template/index.ts'
import { llamaModels } from '../reference/llama-source.ts'

const found = await llamaModels()
const missing = 'missing' in found ? found.missing : ''
if (missing !== '') console.warn(`skipped: ${missing}`)

const described = {
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: {
    type: 'object',
    required: ['city'],
    properties: { city: { type: 'string', description: 'The city' } },
  },
}
const tools = [{ type: 'function', function: described }]
const hi = { role: 'user', content: 'Hi' }
const called = {
  role: 'assistant',
  content: '',
  toolCalls: [{ id: 'abcdefghi', function: { name: 'get_weather', arguments: { city: 'Rome' } } }],
}
const result = { role: 'tool', content: '12', toolName: 'get_weather', toolCallId: 'abcdefghi' }
const system = { role: 'system', content: 'S' }
const chats: Readonly<Record<string, Partial<JinjaInput>>> = {
  plain: { messages: [hi] },
  system: { messages: [system, hi, { role: 'assistant', content: 'Hello' }, hi] },
  tools: { messages: [hi], tools },
  call: { messages: [hi, called, result], tools },
  'thoughts on': { messages: [hi], think: true, isThinkSet: true },
  'thoughts off': { messages: [hi], think: false, isThinkSet: true },
}

/** What cannot be rendered; `docs/chat-templates.md` says why. */
const refused = [
  'Apriel-1.6-15b-Thinker-fixed: tools, call',
  'ByteDance-Seed-OSS: plain, system, tools, call, thoughts on, thoughts off',
  'Kimi-K2-Instruct: call',
  'Kimi-K2-Thinking: call',
  'fireworks-ai-llama-3-firefunction-v2: plain, system, tools, call, thoughts on, thoughts off',
  'google-gemma-2-2b-it: system, call',
  'meetkai-functionary-medium-v3.2: tools, call',
  'openbmb-MiniCPM5-1B: call',
  'tencent-Hy3: plain, system, tools, call, thoughts on, thoughts off',
  'unsloth-Apriel-1.5: tools, call',
]

test.skipIf(missing !== '')(
  'S-035 (part: chat templates): those of llama.cpp render with and without tools, system text and thoughts',
  () => {
    if (!('folder' in found)) return
    const folder = join(found.folder, 'templates')
    const templates = readdirSync(folder).filter((name) => name.endsWith('.jinja'))
    expect(templates.length).toBeGreaterThan(60)
    let rendered = 0
    const failures = templates.flatMap((name) => {
      const source = readFileSync(join(folder, name), 'utf8')
      const failed = Object.entries(chats).filter(([, chat]) => {
        const text = attempt(source, chat)
        if (text !== undefined) rendered++
        return text === undefined || !text.includes('Hi')
      })
      const chatNames = failed.map(([chat]) => chat).join(', ')
      return chatNames === '' ? [] : [`${name.replace('.jinja', '')}: ${chatNames}`]
    })
    console.log(`${templates.length} chat templates: ${rendered} chats rendered`)
    expect(failures.sort()).toEqual(refused.toSorted())
  },
)

function attempt(source: string, chat: Partial<JinjaInput>): string | undefined {
  try {
    const given = { currentDate: '2026-11-27', bosToken: '<s>', eosToken: '</s>' }
    return renderJinja(source, { ...given, ...chat })
  } catch {
    return undefined
  }
}
