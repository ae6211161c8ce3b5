/** Commands that change which models there are, against a fake Ollama. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { User } from './command-line.ts'

let user: User
let fake: FakeOllama
let host: readonly ['--host', string]

beforeAll(async () => {
  user = await User.create()
  fake = await startFakeOllama({ models: [{ name: 'tiny' }] })
  host = ['--host', fake.url]
})
afterAll(async () => {
  await fake?.stop()
  await user?.remove()
})

const names = async () => {
  const tags = (await (await fetch(`${fake.url}/api/tags`)).json()) as {
    models: { name: string }[]
  }
  return tags.models.map(({ name }) => name)
}
const lastBody = async () => JSON.parse((await fake.requests()).at(-1)?.body ?? '{}') as object

describe('pull and push', () => {
  test('into a pipe the end alone is printed, and the model is there', async () => {
    const { code, stdout, stderr } = await user.run(['pull', 'newcomer', ...host])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'pulled newcomer\n', stderr: '' })
    expect(await names()).toContain('newcomer:latest')
  })

  test('with --json each line comes as it came', async () => {
    const { stdout } = await user.run(['pull', 'second', '--insecure', '--json', ...host])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: string })
    expect(lines.at(0)?.status).toBe('pulling manifest')
    expect(lines.at(-1)?.status).toBe('success')
    expect(await lastBody()).toEqual({ model: 'second', insecure: true })
  })

  test('a terminal gets a bar for the file and a line for each step', async () => {
    const pull = user.startOnTerminal(['pull', 'third', ...host])
    onTestFinished(() => pull.destroy())
    await pull.saw(/success/)
    expect(pull.output).toMatch(/pulling [0-9a-f]{12}: 100% ▕█+▏ +98 MB/)
    expect(pull.output).toContain('verifying sha256 digest')
  })

  test('what the registry has not is said, with 1', async () => {
    const { code, stderr } = await user.run(['pull', 'elsewhere.example/a/b', ...host])
    expect(code).toBe(1)
    expect(stderr).toContain('pull model manifest: file does not exist')
  })
})

test('an answer that ends before its last line is no success', async () => {
  const cut = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/x-ndjson')
    response.end('{"status":"pulling manifest"}\n')
  })
  cut.listen(0, '127.0.0.1')
  onTestFinished(() => void cut.close())
  await once(cut, 'listening')
  const url = `http://127.0.0.1:${(cut.address() as AddressInfo).port}`
  const { code, stderr } = await user.run(['pull', 'half', '--host', url])
  expect([code, stderr]).toEqual([1, expect.stringContaining('ended before it was complete')])
})

describe('cp and rm', () => {
  test('a second name, and its end', async () => {
    expect((await user.run(['cp', 'tiny', 'twin', ...host])).stdout).toBe(
      "copied 'tiny' to 'twin'\n",
    )
    expect(await names()).toContain('twin:latest')
    await user.run(['cp', 'tiny', 'triplet', ...host])
    const { stdout } = await user.run(['rm', 'twin', 'triplet', ...host])
    expect(stdout).toBe("deleted 'twin'\ndeleted 'triplet'\n")
    expect(await names()).not.toContain('twin:latest')
  })

  test('of a model that is not there', async () => {
    const { code, stderr } = await user.run(['rm', 'nobody', ...host])
    expect([code, stderr]).toEqual([1, expect.stringContaining("model 'nobody' not found")])
  })
})

describe('create', () => {
  test('the files of a Modelfile are brought, once, and the model is made', async () => {
    await writeFile(user.home.inside('weights.gguf'), 'GGUF and so on')
    const text = 'FROM ./weights.gguf\nSYSTEM """Be\nbrief."""\nPARAMETER temperature 0\n'
    await writeFile(user.home.inside('Modelfile'), text)
    const first = await user.run(['create', 'mine', '--json', ...host])
    expect(first.stderr).toBe('')
    expect(JSON.parse(first.stdout.trim().split('\n').at(-1) ?? '')).toEqual({ status: 'success' })
    expect(await lastBody()).toMatchObject({
      model: 'mine',
      files: { 'weights.gguf': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      system: 'Be\nbrief.',
      parameters: { temperature: 0 },
    })
    const uploads = async () =>
      (await fake.requests()).filter(
        ({ method, target }) => method === 'POST' && target.startsWith('/api/blobs/'),
      ).length
    const before = await uploads()
    expect(before).toBe(1)
    await user.run(['create', 'again', '-f', user.home.inside('Modelfile'), ...host])
    expect(await uploads()).toBe(before)
    expect(await names()).toEqual(expect.arrayContaining(['mine:latest', 'again:latest']))
  })

  test('a name is a model to start from', async () => {
    await writeFile(user.home.inside('from'), 'FROM tiny\nSYSTEM Sing.\n')
    expect((await user.run(['create', 'singer', '-f', 'from', ...host])).code).toBe(0)
    expect(await lastBody()).toEqual({ model: 'singer', from: 'tiny', system: 'Sing.' })
  })

  test.each([
    ['FROM ./absent.gguf', 'absent.gguf (there is nothing)'],
    ['FROM .', 'no weights in'],
    ['FORM tiny', 'the Modelfile cannot be understood at: FORM tiny'],
  ])('%s is refused before anything is sent', async (text, words) => {
    const folder = await User.create()
    await writeFile(folder.home.inside('Modelfile'), text)
    const before = (await fake.requests()).length
    const { code, stderr } = await folder.run(['create', 'x', ...host])
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)])
    expect(await fake.requests()).toHaveLength(before)
    await folder.remove()
  })

  test('without a Modelfile', async () => {
    const { code, stderr } = await user.run(['create', 'x', '-f', 'none', ...host])
    expect([code, stderr]).toEqual([1, expect.stringContaining('none (ENOENT)')])
  })
})
