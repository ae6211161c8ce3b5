import { describe, expect, test } from 'vitest'
import { OdError } from '../core/errors/index.ts'
import { asOdError, exitCodeOf, failureText, usageError } from './failure.ts'

describe('what is printed of an error', () => {
  test('is what is wrong and what to do, in the words that this user types', () => {
    const error = new OdError('OD_CLI_NOT_RUNNING', {
      dataDir: 'd',
      start: 'ollama-distributed start',
    })
    const text = failureText(error, { commandName: 'node bin/od.js', isDebug: false })
    expect(text).toBe('Error: no node runs on d\nStart one with `node bin/od.js start`.')
  })

  test('has no stack, and all stacks when they are asked for', () => {
    const error = asOdError(new TypeError('x is not a function', { cause: new Error('deep') }))
    const options = { commandName: 'od', isDebug: false }
    expect(failureText(error, options)).toBe(
      'Error: the program failed in a way that nobody foresaw: x is not a function\n' +
        'Run it again with LOG_LEVEL=debug in the environment and report what it prints.',
    )
    const debug = failureText(error, { ...options, isDebug: true })
    expect(debug).toMatch(/TypeError: x is not a function\n +at .*failure\.test/)
    expect(debug).toContain('Error: deep')
  })

  test('leaves names of packages and folders alone', () => {
    const reason = 'ollama-distributed: see share/ollama-distributed and ollama-distributed status'
    const error = new OdError('OD_CLI_REFUSED', { reason, status: 500 })
    expect(failureText(error, { commandName: 'X', isDebug: false })).toContain(
      'ollama-distributed: see share/ollama-distributed and X status',
    )
  })
})

describe('the exit code', () => {
  test('is 2 for what the command line itself gets wrong', () => {
    expect(exitCodeOf(usageError('no'))).toBe(2)
    const problems = '  flag --port: integration.api_gateway.port is "x"'
    expect(exitCodeOf(new OdError('OD_CONFIG_INVALID', { problems }))).toBe(2)
  })

  test('is 1 for what is wrong elsewhere', () => {
    const problems = '  ollama-distributed.yaml:3: unknown key "flag --port"'
    expect(exitCodeOf(new OdError('OD_CONFIG_INVALID', { problems }))).toBe(1)
    expect(exitCodeOf(asOdError(new Error('bug')))).toBe(1)
  })
})
