/* Two that install or build in one clone at the same time would destroy each other's work. */
'use strict'

const { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { places } = require('./places.cjs')
const { isAlive } = require('./running-node.cjs')
const { Stop } = require('./stop.cjs')

const lockFile = join(places.cache, 'preparing.pid')

/** No install takes longer; the number of a process that was killed may be another one's by then. */
const ageMsMax = 30 * 60_000

/**
 * Does it while nobody else does; throws a `Stop` that names the other process.
 * @template Result
 * @param {() => Promise<Result>} action
 * @returns {Promise<Result>}
 */
async function alone(action) {
  take()
  const release = () => rmSync(lockFile, { force: true })
  process.once('exit', release)
  try {
    return await action()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

function take() {
  mkdirSync(places.cache, { recursive: true })
  const holder = readHolder()
  if (holder !== undefined && isAlive(holder)) {
    throw new Stop(`Process ${holder} is installing or building in this clone.`, {
      remedy: 'Start again when it is done.',
    })
  }
  rmSync(lockFile, { force: true }) // its process was killed
  writeFileSync(lockFile, `${process.pid}\n`, { flag: 'wx' })
}

function readHolder() {
  try {
    const isRecent = Date.now() - statSync(lockFile).mtimeMs < ageMsMax
    return isRecent ? Number.parseInt(readFileSync(lockFile, 'utf8'), 10) || undefined : undefined
  } catch {
    return undefined
  }
}

module.exports = { alone }
