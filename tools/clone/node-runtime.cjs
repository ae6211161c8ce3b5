/* The Node that runs the program in a clone: this one where it is new enough, else the private one. */
'use strict'

const { spawnSync } = require('node:child_process')
const { existsSync, rmSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { places } = require('./places.cjs')
const { Stop } = require('./stop.cjs')

/** The major version that is tested. */
const testedMajor = 24

/** Platform in the names of the packages that carry Node. */
const platform = process.platform === 'win32' ? 'win' : process.platform

/** Folder of the package that carries Node for this machine; undefined when none is installed or there is none. */
function runtimeFolder() {
  try {
    const name = `node-${platform}-${process.arch}/package.json`
    return dirname(require.resolve(name, { paths: [join(places.root, 'runtime'), places.root] }))
  } catch {
    return undefined
  }
}

/** The private Node's binary, or undefined. */
function privateNode() {
  const folder = runtimeFolder()
  if (folder === undefined) return undefined
  const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(file) ? file : undefined
}

/** Path of the Node to use; throws a `Stop` when no fitting one can run here. */
function chooseNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major >= testedMajor) return process.execPath
  const own = privateNode()
  if (own !== undefined && canRun(own)) return own
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  throw new Stop(
    `It needs Node.js 22.19 or newer, this is ${process.versions.node}, and there is no Node of its own for ${process.platform} ${process.arch}.`,
    { remedy: 'Install Node.js 24 and start again.' },
  )
}

/**
 * The binary is made for glibc; on musl, or when the file is damaged, it does not start.
 * @param {string} node
 */
function canRun(node) {
  return spawnSync(node, ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0
}

/**
 * Removes what nobody needs of the package that carries Node: headers and manual, a third of its size, and the link
 * `node_modules/.bin/node`, which npm puts first on the path of every script, so that a damaged binary would keep even
 * the repair from running.
 */
function trimRuntime() {
  const folder = runtimeFolder()
  if (folder !== undefined) {
    for (const part of ['include', 'share'])
      rmSync(join(folder, part), { recursive: true, force: true })
  }
  for (const name of ['node', 'node.cmd', 'node.ps1']) {
    rmSync(join(places.modules, '.bin', name), { force: true })
  }
}

module.exports = { chooseNode, privateNode, trimRuntime }
