/** `doctor` on this machine, with what stands in its way put there. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { launcherBoundByRights, User } from './command-line.ts'

let user: User
beforeEach(async () => {
  user = await User.create()
})
afterEach(() => user.remove())

interface Report {
  readonly isWell: boolean
  readonly findings: readonly { topic: string; state: string; text: string; fix?: string }[]
  readonly hardware: { readonly cores: number; readonly memory: { readonly totalBytes: number } }
}

/** Ports of their own, so that what else runs on the machine does not matter. */
const quiet = ['--port', '0', '--ollama-port', '0']

async function doctor(args: readonly string[], path = '/nowhere') {
  const { code, stdout } = await user.run(['doctor', '--json', ...quiet, ...args], {
    env: { PATH: path },
  })
  const report = JSON.parse(stdout) as Report
  expect(code).toBe(report.isWell ? 0 : 1)
  const finding = (topic: string) => report.findings.find((one) => one.topic === topic)
  return { code, report, finding }
}

/** A program that prints what `ollama --version` prints where no server runs. */
async function installOllama(version = '0.24.0'): Promise<string> {
  const folder = user.home.inside(`bin-${version}`)
  await mkdir(folder, { recursive: true })
  const lines = [
    '#!/bin/sh',
    'echo "Warning: could not connect to a running Ollama instance"',
    `echo "Warning: client version is ${version}"`,
  ]
  await writeFile(`${folder}/ollama`, `${lines.join('\n')}\n`)
  await chmod(`${folder}/ollama`, 0o755)
  return folder
}

test('S-017, S-110: no ollama on PATH: the line that installs it, and 1; with one, path and version, and 0', async () => {
  const without = await doctor([])
  expect(without.code).toBe(1)
  expect(without.finding('ollama')).toEqual({
    topic: 'ollama',
    state: 'problem',
    text: 'no program ollama is on PATH',
    fix: expect.stringContaining('curl -fsSL https://ollama.com/install.sh | sh'),
  })
  const folder = await installOllama()
  const withOne = await doctor([], folder)
  expect(withOne.finding('ollama')).toMatchObject({ text: `${folder}/ollama, version 0.24.0` })
  expect(withOne.code).toBe(0)
  expect(withOne.finding('engine library')?.state).toBe('ok')
  expect(withOne.report.hardware.cores).toBeGreaterThan(0)
  expect(withOne.report.hardware.memory.totalBytes).toBeGreaterThan(100e6)
})

test('S-018 (part: reported): an Ollama that is too old is a warning, with the line that installs a newer one', async () => {
  const { finding } = await doctor([], await installOllama('0.5.12'))
  expect(finding('ollama')).toMatchObject({
    state: 'warning',
    text: expect.stringMatching(/version 0\.5\.12, which is older than 0\.5\.13$/),
    fix: expect.stringContaining('curl -fsSL https://ollama.com/install.sh | sh'),
  })
})

test('for people it is one line each, and below a problem what to do', async () => {
  const { code, stdout } = await user.run(['doctor', ...quiet], { env: { PATH: '/nowhere' } })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^engine library ok {6}llama\.cpp \S+$/m)
  expect(stdout).toMatch(/^ollama {9}PROBLEM no program ollama is on PATH\n {4}Install Ollama /m)
  expect(stdout).toMatch(/\n1 problem, \d+ warnings?\.\n$/)
})

test('a port that is taken: who has it, and another one; an Ollama at its own port is welcome', async () => {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await until('the server to listen', () => server.listening)
  const { port } = server.address() as AddressInfo
  const taken = await doctor(['--port', String(port)])
  expect(taken.finding('gateway port')?.text).toMatch(
    new RegExp(`^${port} is held by .*pid ${process.pid}`),
  )
  expect(taken.finding('gateway port')?.fix).toMatch(/--port \d+$/)
  const stranger = await doctor(['--ollama-port', String(port)])
  expect(stranger.finding('ollama port')).toMatchObject({
    state: 'warning',
    text: expect.stringContaining('which is no Ollama'),
  })
  const fake = await startFakeOllama()
  onTestFinished(() => fake.stop())
  const welcome = await doctor(['--ollama-port', String(fake.port)])
  expect(welcome.finding('ollama port')).toMatchObject({
    state: 'ok',
    text: expect.stringMatching(new RegExp(`^${fake.port}, an Ollama \\d`)),
  })
})

test('S-111: a data folder that cannot be one', async () => {
  const file = user.home.inside('file')
  await writeFile(file, '')
  const { code, finding } = await doctor(['--data-dir', file], await installOllama())
  expect(code).toBe(1)
  expect(finding('data folder')).toMatchObject({ state: 'problem', fix: expect.any(String) })
  expect(finding('data folder')?.text).toContain(file)
})

test('S-111 (part: start): without the right to write it names folder, owner and rights; doctor shows the line that helps', async () => {
  const locked = user.home.inside('locked')
  await mkdir(locked, { mode: 0o500 })
  const bound = { launcher: launcherBoundByRights() }
  const dataDir = ['--data-dir', `${locked}/data`]
  const { code, stderr } = await user.run(['start', ...dataDir, ...quiet], bound)
  expect(code).toBe(1)
  expect(stderr).toContain(
    `Error: the data directory ${locked}/data cannot be used: no right to write`,
  )
  expect(stderr).toMatch(/in \S+locked, which belongs to user \d+ and has mode 500\n.*chmod/)
  const asked = await user.run(['doctor', '--json', ...dataDir, ...quiet], bound)
  expect(asked.code).toBe(1)
  const { findings } = JSON.parse(asked.stdout) as Report
  expect(findings.find(({ topic }) => topic === 'data folder')).toMatchObject({
    state: 'problem',
    text: expect.stringContaining(locked),
    fix: expect.stringMatching(/chmod|chown/),
  })
})
