'use strict'

const { existsSync, rmSync } = require('node:fs')
const { join } = require('node:path')
const { runChecks } = require('./checks.cjs')
const { installDebianPackages } = require('./debian.cjs')
const { chooseNode } = require('./node-runtime.cjs')
const { places } = require('./places.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { countsOf, noCounts, sumOf } = require('./report.cjs')
const { explain, step } = require('./steps.cjs')
const { runInherited } = require('./tool.cjs')

/**
 * Prepares the clone, runs checks and tests, and prints the counts as the last line. With arguments, which go to vitest,
 * only what they select is run, and no checks.
 * @param {readonly string[]} args
 */
async function test(args) {
  try {
    stopOnSignals()
    await prepare('test')
    await step('packages', installDebianPackages)
    const node = chooseNode()
    const isWhole = args.length === 0
    const checks = isWhole ? await runChecks(node) : noCounts
    const tests = await runVitest(node, args, isWhole ? places.report : places.partReport)
    const hasDocuments = isWhole && existsSync(places.afterTest)
    const documents = hasDocuments ? await runAfterTest(node) : noCounts
    end(sumOf([checks, tests, documents]))
  } catch (error) {
    explain(error)
    end({ passed: 0, failed: 1, skipped: 0 })
  }
}

/** A product that fails so often may make the rest wait for every bound there is. */
const failuresMax = 50

/**
 * @param {string} node
 * @param {readonly string[]} args
 * @param {string} report
 */
async function runVitest(node, args, report) {
  rmSync(report, { force: true })
  const isProjectChosen = args.some((arg) => arg.startsWith('--project'))
  const exitCode = await runInherited(node, [
    join(places.modules, 'vitest', 'vitest.mjs'),
    'run',
    ...(isProjectChosen ? [] : ['--project=!long']),
    '--reporter=default',
    '--reporter=json',
    `--reporter=${places.stuckRun}`,
    `--bail=${failuresMax}`,
    `--outputFile.json=${report}`,
    ...args,
  ])
  return countsOf(report, exitCode)
}

/** @param {string} node */
async function runAfterTest(node) {
  const exitCode = await runInherited(node, [places.afterTest, places.report])
  return { ...noCounts, [exitCode === 0 ? 'passed' : 'failed']: 1 }
}

/** @param {import('./report.cjs').Counts} counts */
function end({ passed, failed, skipped }) {
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}

module.exports = { test }
