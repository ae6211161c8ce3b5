/* What is checked besides the tests; each counts as one. */
'use strict'

const { join } = require('node:path')
const { places } = require('./places.cjs')
const { step } = require('./steps.cjs')
const { runTool } = require('./tool.cjs')

/** @typedef {{ name: string, text: string, module: string, args: string[] }} Check */

/** @type {readonly Check[]} */
const checks = [
  { name: 'types', text: 'of source and tests', module: 'typescript/bin/tsc', args: ['-p', '.'] },
  { name: 'tools', text: 'their types', module: 'typescript/bin/tsc', args: ['-p', 'tools/clone'] },
  {
    name: 'format',
    text: 'as biome has it',
    module: '@biomejs/biome/bin/biome',
    args: ['check', 'bin', 'src', 'tests', 'tools'],
  },
  { name: 'lint', text: 'oxlint', module: 'oxlint/bin/oxlint', args: ['--type-aware'] },
  {
    name: 'dead',
    text: 'no code, no export, no dependency',
    module: 'knip/bin/knip.js',
    args: ['--include', 'files,exports,dependencies,unlisted,duplicates'],
  },
]

/** Enough to see what it is about; the rest is in the log. */
const outputLinesMax = 40

/**
 * Runs all of them, each with its line, and what it found when it found something.
 * @param {string} node
 * @returns {Promise<import('./report.cjs').Counts>}
 */
async function runChecks(node) {
  let failed = 0
  for (const check of checks) if (!(await isPassed(node, check))) failed += 1
  return { passed: checks.length - failed, failed, skipped: 0 }
}

/**
 * @param {string} node
 * @param {Check} check
 */
async function isPassed(node, { name, text, module, args }) {
  const file = join(places.modules, ...module.split('/'))
  const run = runTool({ name: `check-${name}`, command: node, args: [file, ...args] })
  await step(name, async () => ((await run).isOk ? text : { failed: text }))
  const { isOk, output } = await run
  if (!isOk) process.stdout.write(`${output.split('\n').slice(0, outputLinesMax).join('\n')}\n`)
  return isOk
}

module.exports = { runChecks }
