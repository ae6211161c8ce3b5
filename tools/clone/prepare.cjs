/* Installing and building, for whoever needs the clone ready. */
'use strict'

const { build, isBuilt } = require('./build.cjs')
const { install } = require('./install.cjs')
const { lookAtInstall } = require('./installed.cjs')
const { alone } = require('./lock.cjs')
const { step } = require('./steps.cjs')

/** As a shell counts a process that SIGINT ended. */
const interruptedExitCode = 130

/**
 * Installs and builds what is missing, with a line for each.
 * @param {import('./install.cjs').Kind} kind
 */
async function prepare(kind) {
  const work = async () => {
    await step('install', (tell) => install(kind, tell))
    await step('build', (tell) => build(tell))
  }
  const isReady = lookAtInstall(kind).state === 'whole' && isBuilt()
  await (isReady ? work() : alone(work))
}

/**
 * Until the function that it returns is called, a signal ends this process and what it runs; the next start carries on.
 * @returns {() => void}
 */
function stopOnSignals() {
  const stop = () => {
    process.stderr.write('\nstopped; the next start carries on from here\n')
    process.exit(interruptedExitCode)
  }
  const names = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const name of names) process.once(name, stop)
  return () => names.forEach((name) => process.removeListener(name, stop))
}

module.exports = { prepare, stopOnSignals }
