/* What is installed in the clone, without asking npm. */
'use strict'

const { createHash } = require('node:crypto')
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { places } = require('./places.cjs')

/** @typedef {import('./install.cjs').Kind} Kind */
/** @typedef {{ kind: Kind, lock: string, machine: string }} Stamp */

/** Written last, so that its absence tells of an install that did not come to its end. */
const stampFile = join(places.modules, '.od-installed')

/**
 * `absent`: nothing. `broken`: something, but not what a finished install left. `outdated`: whole in itself, but not what
 * is needed now.
 * @typedef {{ state: 'absent' | 'broken' | 'outdated' | 'whole', kind?: Kind, packages: number }} Found
 */

/**
 * @param {Kind} kind
 * @returns {Found}
 */
function lookAtInstall(kind) {
  if (!existsSync(places.modules)) return { state: 'absent', packages: 0 }
  const stamp = readStamp()
  const packages = listPackages()
  const isIntact = packages.every((path) => existsSync(join(places.root, path, 'package.json')))
  if (stamp?.machine !== machine() || packages.length === 0 || !isIntact) {
    return { state: 'broken', packages: 0 }
  }
  const isEnough = stamp.lock === lockHash() && (stamp.kind === 'test' || kind === 'start')
  const state = isEnough ? 'whole' : 'outdated'
  return { state, kind: stamp.kind, packages: packages.length }
}

/** @param {Kind} kind */
function stampText(kind) {
  /** @type {Stamp} */
  const stamp = { kind, lock: lockHash(), machine: machine() }
  return `${JSON.stringify(stamp)}\n`
}

/** @returns {Stamp | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return undefined // there is none, or its writing was cut short
  }
}

/** Folders of the packages that npm says it installed, relative to the clone. */
function listPackages() {
  try {
    const lock = JSON.parse(readFileSync(join(places.modules, '.package-lock.json'), 'utf8'))
    return Object.keys(lock.packages).filter((path) => path.startsWith('node_modules/'))
  } catch {
    return []
  }
}

function lockHash() {
  const text = readFileSync(join(places.root, 'package-lock.json'))
  return createHash('sha256').update(text).digest('hex')
}

/** A clone on a shared disk may be used by machines of different kinds; native packages fit one. */
function machine() {
  return `${process.platform}-${process.arch}`
}

module.exports = { lookAtInstall, stampFile, stampText }
