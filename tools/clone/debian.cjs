/* Programs that some tests compare with or make networks with, from the system's packages. A test that misses one skips itself and says so. */
'use strict'

const { accessSync, constants, existsSync, mkdirSync } = require('node:fs')
const { delimiter, join } = require('node:path')
const { places } = require('./places.cjs')
const { runTool } = require('./tool.cjs')

/** Program and the Debian package that has it. */
const wanted = [
  { program: 'python3', debianPackage: 'python3' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: 'nft', debianPackage: 'nftables' },
]

/** A server that its package would start and keep running: only its files are taken, into the clone. */
const unpacked = { program: 'docker-registry', debianPackage: 'docker-registry' }

const aptTimeoutMs = 180_000

/**
 * Installs what is missing where that is possible. Gives the text of the step's line.
 * @param {(text: string) => void} tell
 */
async function installDebianPackages(tell) {
  const missing = wanted.filter(({ program }) => !isOnPath(program))
  const lacksUnpacked = !isOnPath(unpacked.program) && !isUnpacked()
  if (missing.length === 0 && !lacksUnpacked) return 'nothing to do'
  const canInstall = process.getuid?.() === 0 && isOnPath('apt-get')
  if (canInstall) {
    tell('apt-get')
    const names = missing.map(({ debianPackage }) => debianPackage)
    await apt('update')
    if (names.length > 0) await apt('install', '-y', '--no-install-recommends', ...names)
    if (lacksUnpacked) await unpack()
  }
  const left = missing.filter(({ program }) => !isOnPath(program)).map(({ program }) => program)
  if (lacksUnpacked && !isUnpacked()) left.push(unpacked.program)
  const isDone = left.length === 0
  return isDone ? 'installed' : `${left.join(', ')} missing: tests that need it are skipped`
}

function isUnpacked() {
  return existsSync(join(places.debian, 'usr', 'bin', unpacked.program))
}

/** As whoever runs this, not as the user `_apt`, who may not write into the clone. */
async function unpack() {
  mkdirSync(places.debian, { recursive: true })
  const line =
    'apt-get -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "$1"_*.deb . && rm -f "$1"_*.deb'
  const args = ['-c', `cd "$2" && ${line}`, 'sh', unpacked.debianPackage, places.debian]
  await runTool({ name: 'apt-download', command: 'sh', args, timeoutMs: aptTimeoutMs })
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
