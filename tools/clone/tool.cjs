'use strict'

const { spawn } = require('node:child_process')
const { closeSync, mkdirSync, openSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { places } = require('./places.cjs')

/**
 * Runs a program to its end in the clone, its output in `.cache/<name>.log`. It dies with this process.
 * @param {{ name: string, command: string, args: readonly string[], timeoutMs?: number, shell?: boolean }} what
 * @returns {Promise<{ isOk: boolean, output: string, logFile: string }>} `output` is what it wrote, both streams
 */
async function runTool({ name, command, args, timeoutMs, shell = false }) {
  mkdirSync(places.cache, { recursive: true })
  const logFile = join(places.cache, `${name}.log`)
  const log = openSync(logFile, 'w')
  const child = spawn(command, args, {
    cwd: places.root,
    stdio: ['ignore', log, log],
    shell,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  closeSync(log)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const isOk = await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
  process.removeListener('exit', kill)
  return { isOk, output: readFileSync(logFile, 'utf8'), logFile }
}

/**
 * Runs a program in the clone with our own standard streams; Ctrl-C of a terminal reaches it as well, and
 * it ends with this process.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
function runInherited(command, args) {
  const child = spawn(command, args, { cwd: places.root, stdio: 'inherit' })
  process.once('exit', () => child.kill())
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

module.exports = { runTool, runInherited }
