import { describe, expect, test } from 'vitest'
import { commandTable } from './command-table.ts'
import { parseCommandLine } from './program.ts'

async function parse(...args: string[]) {
  let out = ''
  let err = ''
  const request = await parseCommandLine(args, {
    commandName: 'npx od',
    version: '1.2.3',
    writeOut: (text) => {
      out += text
    },
    writeErr: (text) => {
      err += text
    },
  })
  return { request, out, err }
}

/** A shell's reading of the examples' lines: words, quotes, and nothing of a redirection. */
function wordsOf(line: string): string[] {
  const words = line.replace(/\s[<>].*$/, '').match(/'[^']*'|"[^"]*"|\S+/g) ?? []
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, '$2'))
}

describe('a command line', () => {
  test('gives the command, its operands and its options', async () => {
    const { request } = await parse(
      'run',
      'pocket',
      'why',
      'so?',
      '--verbose',
      '--system',
      'be brief',
    )
    expect(request).toMatchObject({
      type: 'run',
      row: { name: 'run' },
      operands: ['pocket', 'why so?'],
      options: { verbose: true, system: 'be brief' },
    })
  })

  test('may have the common options before the name', async () => {
    const { request } = await parse('--data-dir', 'elsewhere', 'status', '--json')
    expect(request).toMatchObject({ options: { dataDir: 'elsewhere', json: true } })
  })

  test('knows Ollama’s names of commands and options', async () => {
    expect((await parse('ls')).request).toMatchObject({ row: { name: 'models' } })
    expect((await parse('list')).request).toMatchObject({ row: { name: 'models' } })
    const { request } = await parse('run', 'm', '--keepalive', '5m')
    expect(request).toMatchObject({ options: { keepAlive: '5m' } })
  })

  test('takes `models list` for the list, any other word for how names begin', async () => {
    const listed = (await parse('models', 'list', 'po')).request
    expect(listed).toMatchObject({ row: { name: 'models list' }, operands: ['po'] })
    const begun = (await parse('models', 'po')).request
    expect(begun).toMatchObject({ row: { name: 'models' }, operands: ['po'] })
  })

  test('keeps a prompt that looks like options behind --', async () => {
    const { request } = await parse('run', 'm', '--', '--host', 'x')
    expect(request).toMatchObject({ operands: ['m', '--host x'] })
  })

  test.each(commandTable.flatMap(({ name, examples }) => examples.map(({ line }) => [line, name])))(
    'the example `%s` is understood',
    async (line, name) => {
      expect((await parse(...wordsOf(line))).request).toMatchObject({ type: 'run', row: { name } })
    },
  )
})

describe('a wrong command line', () => {
  test.each([
    [['modles'], "unknown command 'modles'; did you mean models?", 'help'],
    [['status', '--jsn'], "unknown option '--jsn'; did you mean --json?", 'help status'],
    [['config', 'explian'], "unknown command 'explian'; did you mean explain?", 'help'],
    [['show'], "missing required argument 'model'", 'help show'],
    [['status', 'x'], 'too many arguments', 'help status'],
    [['start', '--port'], "option '--port <n>' argument missing", 'help start'],
    [['stop', '--host', 'nas'], '`stop` takes no --host', 'help stop'],
    [['help', 'shwo'], "unknown command 'shwo'; did you mean show?", 'help'],
    [['help', 'models', 'x'], "there is no command 'models x'", 'help'],
  ])('%j: %s', async (args, problem, help) => {
    const error = await parse(...args).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'OD_CLI_USAGE',
      message: expect.stringContaining(problem),
      remedy: `\`ollama-distributed ${help}\` shows how it is used.`,
    })
  })

  test('nothing at all prints the help and counts as wrong', async () => {
    const { request, out, err } = await parse()
    expect(request).toEqual({ type: 'printed', code: 2 })
    expect(err).toContain('Commands:')
    expect(out).toBe('')
  })
})

describe('help', () => {
  test('lists every command, the exit codes and the environment', async () => {
    const { request, out } = await parse('help')
    expect(request).toEqual({ type: 'printed', code: 0 })
    for (const { name } of commandTable)
      expect(out).toMatch(new RegExp(`^ {2}${name.split(' ')[0]}`, 'm'))
    expect(out).toMatch(/^ {2}130 {2}interrupted/m)
    expect(out).toContain('OLLAMA_DISTRIBUTED_HOST')
  })

  test.each(commandTable.map(({ name, examples }) => [name, examples] as const))(
    'of %s has its examples in the words that this user types',
    async (name, examples) => {
      const { out } = await parse('help', ...name.split(' '))
      expect(examples.length).toBeGreaterThan(0)
      for (const { line } of examples) expect(out).toContain(`  npx od ${line}\n`)
      expect((await parse(...name.split(' '), '--help')).out).toBe(out)
    },
  )
})

test('--version names the program and its version', async () => {
  const { request, out } = await parse('--version')
  expect(request).toEqual({ type: 'printed', code: 0 })
  expect(out).toBe('ollama-distributed 1.2.3\n')
})
