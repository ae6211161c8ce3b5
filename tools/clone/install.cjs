/*
 * The second step: what the clone needs from the package registry. A stamp is written when everything is there, so that an
 * install that was cut short is done again, and one that is whole needs neither npm nor the network.
 */
'use strict'

const { rmSync, writeFileSync } = require('node:fs')
const { runNpm } = require('./npm.cjs')
const { explainFailure, isRegistryThere } = require('./registry.cjs')
const { lookAtInstall, stampFile, stampText } = require('./installed.cjs')
const { trimRuntime } = require('./node-runtime.cjs')
const { Stop } = require('./stop.cjs')

/** @typedef {'start' | 'test'} Kind what is needed: to run, or to run and to test */

/** Settings of the user's own npm must not change what is installed, nor may packages run scripts. */
const fixedFlags = [
  '--ignore-scripts',
  '--include=optional',
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--fetch-timeout=60000',
]

/**
 * Installs what is missing. Gives the text of the step's line; throws a `Stop` with the reason.
 * @param {Kind} kind
 * @param {(text: string) => void} tell
 */
async function install(kind, tell) {
  const found = lookAtInstall(kind)
  if (found.state === 'whole') return 'nothing to do'
  // Who has everything for tests keeps it: a start must not take it away.
  const target = kind === 'test' || found.kind === 'test' ? 'test' : 'start'
  tell('looking for the package registry')
  const isOnline = await isRegistryThere()
  tell(isOnline ? 'fetching packages' : 'no package registry, looking into npm’s cache')
  rmSync(stampFile, { force: true })
  const run = await runNpm('npm-install', [
    // `ci` begins by removing everything; a node that runs from here needs what is there to stay.
    ...(found.state === 'outdated' ? ['install', '--no-save'] : ['ci']),
    target === 'test' ? '--include=dev' : '--omit=dev',
    isOnline ? '--prefer-offline' : '--offline',
    ...fixedFlags,
  ])
  if (!run.isOk) throw explainFailure(run, isOnline)
  trimRuntime()
  writeFileSync(stampFile, stampText(target))
  const after = lookAtInstall(kind)
  if (after.state !== 'whole') {
    throw new Stop('npm was content, but packages are missing.', { remedy: `See ${run.logFile}` })
  }
  return `${found.state === 'broken' ? 'repaired, ' : ''}${after.packages} packages`
}

module.exports = { install }
