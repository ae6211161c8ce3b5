/* Counts of a test run, from the report that vitest writes. */
'use strict'

const { readFileSync } = require('node:fs')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileReport */

/** @type {Counts} */
const noCounts = { passed: 0, failed: 0, skipped: 0 }

/**
 * What vitest counted. What it does not count as a failed test counts as one here: a file that could not be loaded, an
 * error outside of any test (it then exits with something other than 0), a report that is missing.
 * @param {string} reportFile
 * @param {number} exitCode
 * @returns {Counts}
 */
function countsOf(reportFile, exitCode) {
  const files = readReport(reportFile)
  const tests = files.flatMap((file) => file.assertionResults)
  const of = (/** @type {string} */ status) => tests.filter((one) => one.status === status).length
  const passed = of('passed')
  const unloaded = files.filter((file) => file.status === 'failed' && !hasFailure(file)).length
  const failed = of('failed') + unloaded
  const skipped = tests.length - passed - of('failed')
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped }
}

/** @param {readonly Counts[]} all */
function sumOf(all) {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
    }),
    noCounts,
  )
}

/** @param {FileReport} file */
function hasFailure(file) {
  return file.assertionResults.some(({ status }) => status === 'failed')
}

/**
 * @param {string} reportFile
 * @returns {FileReport[]}
 */
function readReport(reportFile) {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')).testResults
  } catch {
    return [] // vitest did not come to its end, which its exit code says too
  }
}

module.exports = { countsOf, sumOf, noCounts }
