/* The lines that the launcher prints: one per step, with what came of it and how long it took. */
'use strict'

const { Stop } = require('./stop.cjs')

/** As the program's own steps have it, which come below. */
const nameWidth = 8

const fancyMarks = { done: '✓', failed: '✗', 'at work': '·' }
const plainMarks = { done: 'ok', failed: 'FAILED', 'at work': '..' }

/** How often the line of a step that is still at work is written anew on a terminal. */
const redrawMs = 500

const { stdout } = process

// A terminal that was closed, or a pipe whose reader left: there is nobody to tell, and the work goes on.
stdout.on('error', () => {})
process.stderr.on('error', () => {})

/** @typedef {'done' | 'failed' | 'at work'} State */

/**
 * Does one step and prints its line.
 * @template {string | { failed: string }} Outcome
 * @param {string} name
 * @param {(tell: (text: string) => void) => Outcome | Promise<Outcome>} action gives the text of the line; what it tells
 *   before is shown on a terminal meanwhile
 */
async function step(name, action) {
  const startedMs = performance.now()
  const progress = showProgress(name, startedMs)
  try {
    const outcome = await action(progress.tell)
    const isDone = typeof outcome === 'string'
    const text = isDone ? outcome : outcome.failed
    progress.end()
    stdout.write(`${lineOf(isDone ? 'done' : 'failed', name, text, startedMs)}\n`)
  } catch (error) {
    progress.end()
    throw error
  }
}

/**
 * Prints why it goes no further, and gives the exit code. Anything but a `Stop` is a fault of ours and thrown again.
 * @param {unknown} error
 * @returns {number}
 */
function explain(error) {
  if (!(error instanceof Stop)) throw error
  process.stderr.write(`${process.stderr.isTTY ? '✗ ' : ''}${error.message}\n`)
  if (error.remedy !== undefined) process.stderr.write(`  ${error.remedy}\n`)
  return error.exitCode
}

/**
 * @param {string} name
 * @param {number} startedMs
 */
function showProgress(name, startedMs) {
  let text = ''
  const draw = () => stdout.write(`\r\u001b[2K${lineOf('at work', name, text, startedMs)}`)
  const timer = stdout.isTTY ? setInterval(draw, redrawMs) : undefined
  return {
    tell(/** @type {string} */ next) {
      text = next
      if (stdout.isTTY) draw()
    },
    end() {
      clearInterval(timer)
      if (stdout.isTTY) stdout.write('\r\u001b[2K')
    },
  }
}

/**
 * `✓ ports    8080 is free   0.0 s`; plain ASCII where no person looks at it.
 * @param {State} state
 * @param {string} name
 * @param {string} text
 * @param {number} startedMs
 */
function lineOf(state, name, text, startedMs) {
  const mark = (stdout.isTTY ? fancyMarks : plainMarks)[state]
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  return `${mark} ${name.padEnd(nameWidth)} ${text}   ${seconds} s`
}

module.exports = { step, explain }
