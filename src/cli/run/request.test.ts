import { describe, expect, test } from 'vitest'
import { countersText } from './counters.ts'
import { readRunRequest } from './request.ts'

describe('the options of run', () => {
  test('become the fields of the request, and nothing that was not given does', () => {
    expect(readRunRequest('m', {}).fields).toEqual({ model: 'm' })
    const request = readRunRequest('m', {
      format: 'json',
      keepAlive: '-1s',
      think: 'high',
      options: '{"temperature":0}',
      system: 'be brief',
      verbose: true,
      hidethinking: true,
    })
    expect(request).toEqual({
      fields: {
        model: 'm',
        format: 'json',
        keep_alive: '-1s',
        think: 'high',
        options: { temperature: 0 },
      },
      system: 'be brief',
      isVerbose: true,
      hidesThinking: true,
    })
  })

  test.each([
    [{ format: '{"type":"object"}' }, { format: { type: 'object' } }],
    [{ think: true as const }, { think: true }],
    [{ think: 'false' }, { think: false }],
    [{ keepAlive: '0' }, { keep_alive: '0' }],
  ])('%j is %j', (options, fields) => {
    expect(readRunRequest('m', options).fields).toEqual({ model: 'm', ...fields })
  })

  test.each([
    [{ format: 'xml' }, '--format is "xml"; expected json'],
    [{ format: '[1]' }, '--format is "[1]"'],
    [{ keepAlive: '5' }, '--keep-alive is "5"; expected a time with its unit'],
    [{ think: 'why?' }, '--think is "why?"; expected one of true, false'],
    [{ options: 'temperature=0' }, '--options is "temperature=0"; expected a JSON object'],
  ])('%j is refused', (options, message) => {
    expect(() => readRunRequest('m', options)).toThrow(message)
  })
})

describe('the counters', () => {
  test('are told in Ollama’s words', () => {
    const last = {
      total_duration: 2_642_770_392,
      load_duration: 601_932_584,
      prompt_eval_count: 9,
      prompt_eval_duration: 90_000_000,
      eval_count: 40,
      eval_duration: 2_000_000_000,
    }
    expect(countersText(last).split('\n')).toEqual([
      'total duration:       2.642770392s',
      'load duration:        601.932584ms',
      'prompt eval count:    9 token(s)',
      'prompt eval duration: 90ms',
      'prompt eval rate:     100.00 tokens/s',
      'eval count:           40 token(s)',
      'eval duration:        2s',
      'eval rate:            20.00 tokens/s',
    ])
  })

  test('leave out what was not measured', () => {
    expect(countersText({ eval_count: 1 })).toBe('eval count:           1 token(s)')
    expect(countersText({ eval_duration: 'x', total_duration: null })).toBe('')
  })
})
