/* Runs the program on the Node of the clone, and passes on what the user says to it and what becomes of it. */
'use strict'

const { spawn } = require('node:child_process')
const { constants } = require('node:os')
const { privateNode } = require('./node-runtime.cjs')

/**
 * A terminal gives Ctrl-C to npm and to us, and npm passes on what it got: two signals for one press. People are slower.
 */
const samePressMs = 300

/** What a second Ctrl-C leaves the program for ending by itself; it takes 2 s at most, unless it hangs. */
const graceMs = 4_000

/** How long the loss of the parent may go unseen. */
const parentLookMs = 200

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** The program stops when the channel to us closes, as it does when we are killed. */
const channel = 'ipc'

/**
 * Runs a node in a process group of its own, so that Ctrl-C reaches us alone: the first one lets it finish what it does,
 * a second one ends it. Resolves with the exit code: its own, or 0 when the user asked it to stop.
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 * @returns {Promise<number>}
 */
function runInGroup(node, args, place) {
  const isDetached = process.platform !== 'win32' // a console of its own there; Ctrl-C reaches both
  const child = spawn(node, args, {
    ...place,
    detached: isDetached,
    stdio: ['ignore', 'inherit', 'inherit', channel],
  })
  let heardMs = Number.NEGATIVE_INFINITY
  let asked = 0
  hearUser((signal) => {
    const nowMs = performance.now()
    if (nowMs - heardMs < samePressMs) return
    heardMs = nowMs
    asked += 1
    if (isDetached) child.kill(signal)
    if (asked === 2) setTimeout(() => child.kill('SIGKILL'), graceMs).unref()
  })
  return endOf(child).then((code) => (asked > 0 ? 0 : code))
}

/**
 * Calls `ask` with each signal. A signal to npm alone ends npm and the shell between, and reaches us as the loss of our
 * parent only.
 * @param {(signal: NodeJS.Signals) => void} ask
 */
function hearUser(ask) {
  for (const signal of signals) process.on(signal, ask)
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ask('SIGTERM')
  }, parentLookMs).unref()
}

/**
 * Runs a command line on the private Node, as if it had been this process; false when there is none. Ctrl-C of a terminal
 * reaches both, so it is not passed on.
 * @param {string} program
 * @param {readonly string[]} args
 */
function runOnPrivateNode(program, args) {
  const node = privateNode()
  if (node === undefined) return false
  const child = spawn(node, [program, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', channel],
  })
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  void endOf(child).then((code) => process.exit(code))
  return true
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} as a shell counts: 128 and the signal's number for one that a signal ended
 */
function endOf(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])
    })
  })
}

module.exports = { runInGroup, runOnPrivateNode }
