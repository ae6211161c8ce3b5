/** Chats in Ollama's own API form, for templates. */

/** A chat with what a template may be asked to show. */
export interface Chat {
  readonly Messages: readonly Readonly<Record<string, unknown>>[]
  readonly Tools?: readonly Readonly<Record<string, unknown>>[]
  readonly Think?: boolean | string
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a "city" & more <x>',
    parameters: {
      type: 'object',
      required: ['city'],
      properties: {
        city: { type: 'string', description: 'The city' },
        unit: { type: ['string', 'null'], enum: ['C', 'F', 3], description: '' },
        days: { type: 'array', items: { type: 'integer' }, description: 'Which days' },
      },
    },
  },
}
const now = {
  type: 'function',
  function: { name: 'now', description: '', parameters: { type: 'object', properties: {} } },
}

const call = (name: string, args: object) => ({ function: { name, arguments: args } })

export const chats: Readonly<Record<string, Chat>> = {
  'one question': { Messages: [{ role: 'user', content: 'Hi' }] },
  'system and turns': {
    Messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi <b> & "you"' },
      { role: 'assistant', content: 'Hello\n' },
      { role: 'user', content: 'Bye ü€𝄞' },
    ],
  },
  'tools offered': { Messages: [{ role: 'user', content: 'Weather?' }], Tools: [weather, now] },
  'a call and its result': {
    Messages: [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: '',
        thinking: 'hm',
        tool_calls: [
          call('get_weather', {
            city: 'Rome',
            unit: null,
            days: [1, 2.5, 1e21],
            deep: { b: true, a: 'x' },
          }),
          call('now', {}),
        ],
      },
      { role: 'tool', content: '12 degrees', tool_name: 'get_weather' },
      { role: 'tool', content: 'noon', tool_name: 'now' },
    ],
    Tools: [weather],
    Think: true,
  },
  'thoughts at a level': {
    Messages: [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: 'c', thinking: 'd' },
      { role: 'user', content: '' },
    ],
    Think: 'high',
  },
  'thoughts off': { Messages: [{ role: 'user', content: 'a' }], Think: false },
  'a beginning to continue': {
    Messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'The' },
    ],
  },
}
