/* Programs that some tests compare with or make networks with, from the system's packages. A test that misses one skips itself and says so. */
'use strict'

const { accessSync, constants } = require('node:fs')
const { delimiter, join } = require('node:path')
const { runTool } = require('./tool.cjs')

/** Program and the Debian package that has it. */
const wanted = [
  { program: 'python3', debianPackage: 'python3' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: 'nft', debianPackage: 'nftables' },
]

const aptTimeoutMs = 180_000

/**
 * Installs what is missing where that is possible. Gives the text of the step's line.
 * @param {(text: string) => void} tell
 */
async function installDebianPackages(tell) {
  const missing = wanted.filter(({ program }) => !isOnPath(program))
  if (missing.length === 0) return 'nothing to do'
  const canInstall = process.getuid?.() === 0 && isOnPath('apt-get')
  if (canInstall) {
    tell('apt-get')
    const names = missing.map(({ debianPackage }) => debianPackage)
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', ...names)
  }
  const left = missing.filter(({ program }) => !isOnPath(program)).map(({ program }) => program)
  const isDone = left.length === 0
  return isDone ? 'installed' : `${left.join(', ')} missing: tests that need it are skipped`
}

/** @param {string[]} args */
async function apt(...args) {
  const line = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
  await runTool({ name: `apt-${args[0]}`, command: 'env', args: line, timeoutMs: aptTimeoutMs })
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

module.exports = { installDebianPackages }
