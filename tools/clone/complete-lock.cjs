/*
 * `node tools/clone/complete-lock.cjs`, after a change of dependencies. npm writes into the lock file only what the
 * registry has; one that lacks a package for some foreign platform yields a lock file that `npm ci` refuses on every
 * platform. This adds the entries that are missing, from the package that wants them: they say for which platform they are
 * and, for want of the package, have no checksum.
 */
'use strict'

const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { places } = require('./places.cjs')

/** @typedef {{ version: string, dev?: boolean, license?: string, optionalDependencies?: Record<string, string> }} Entry */

const file = join(places.root, 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const packages = /** @type {Record<string, Entry>} */ (lock.packages)
const missing = Object.entries(packages).flatMap(([path, entry]) =>
  Object.entries(entry.optionalDependencies ?? {})
    .filter(([name]) => !isThere(path, name))
    .map(([name, version]) => /** @type {const} */ ([name, entryOf(name, version, entry)])),
)
for (const [name, entry] of missing) packages[`node_modules/${name}`] = entry
const byName = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(byName)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${missing.length} entries added\n`)

/**
 * @param {string} path
 * @param {string} name
 */
function isThere(path, name) {
  return `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages
}

/**
 * Names end with system, processor and, on Linux, C library: `@oxlint/binding-linux-arm64-musl`.
 * @param {string} name
 * @param {string} version
 * @param {Entry} parent
 */
function entryOf(name, version, parent) {
  const words = (name.split('/').at(-1) ?? '').replace(/^(?:cli|binding)-/, '').split('-')
  const [system = '', processor = '', library = ''] = words
  const libc = library.startsWith('musl') ? 'musl' : 'glibc'
  return {
    version,
    cpu: [processor],
    ...(parent.dev ? { dev: true } : {}),
    ...(system === 'linux' && library !== '' ? { libc: [libc] } : {}),
    ...(parent.license === undefined ? {} : { license: parent.license }),
    optional: true,
    os: [system],
  }
}
