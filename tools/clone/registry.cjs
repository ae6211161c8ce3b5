/* Is there a package registry? npm alone would find out after minutes of retries. */
'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { runNpm } = require('./npm.cjs')
const { places } = require('./places.cjs')
const { Stop } = require('./stop.cjs')

/** A registry far away answers in a tenth of this; who has none learns of it in this time. */
const probeTimeoutMs = 8_000

/** Why the last probe failed, in npm's word; for the sentence that the user gets. */
let reason = 'no answer'

/** Asks for one package that is needed anyway. */
async function isRegistryThere() {
  const { dependencies } = JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8'))
  const [name = ''] = Object.keys(dependencies)
  const { isOk, output } = await runNpm(
    'npm-probe',
    ['view', name, 'version', '--fetch-retries=0', '--loglevel=error'],
    { timeoutMs: probeTimeoutMs },
  )
  reason = codeOf(output) ?? 'no answer'
  return isOk
}

/**
 * The one sentence for an install that failed.
 * @param {{ output: string, logFile: string }} run what npm wrote, and where that stands
 * @param {boolean} isOnline whether the registry had answered before
 */
function explainFailure({ output, logFile }, isOnline) {
  const code = codeOf(output)
  const remedy = `What npm wrote: ${logFile}`
  if (!isOnline) {
    return new Stop(
      `The package registry cannot be reached (${reason}), and npm's cache does not hold all that is missing.`,
      { remedy: 'Run it again with a network; once installed, none is needed.' },
    )
  }
  if (code === 'EUSAGE') {
    return new Stop('package.json and package-lock.json do not fit together.', {
      remedy: 'Run `npm install`, then `node tools/clone/complete-lock.cjs`.',
    })
  }
  if (code === 'ENOSPC') return new Stop('There is no room left on the disk.', { remedy })
  return new Stop(`npm could not install the packages${code ? ` (${code})` : ''}.`, { remedy })
}

/** @param {string} output */
function codeOf(output) {
  return /^npm (?:error|ERR!) code (\S+)/m.exec(output)?.[1]
}

module.exports = { isRegistryThere, explainFailure }
