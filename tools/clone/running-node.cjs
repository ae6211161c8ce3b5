'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { holderOfPort, isPortFree } = require('../../bin/ports.cjs')

/**
 * The node that runs on a data directory, by the file that it writes when it is ready (`src/sys/run-file.ts`). A node
 * that was killed leaves the file behind, so the process must live and its gateway's port must be held, by it where the
 * system tells.
 * @param {string} dataDir
 * @returns {Promise<{ pid: number, gateway: string, startedAt: string } | undefined>}
 */
async function findRunningNode(dataDir) {
  const file = readRunFile(join(dataDir, 'run', 'node.json'))
  if (file === undefined || !isAlive(file.pid)) return undefined
  const { hostname, port } = new URL(file.gateway)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (await isPortFree(host, Number(port || 80))) return undefined
  const holder = holderOfPort(host, Number(port || 80))?.pid ?? file.pid
  return holder === file.pid ? file : undefined
}

/** @param {string} path */
function readRunFile(path) {
  try {
    const { pid, gateway, startedAt } = JSON.parse(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) && new URL(gateway) ? { pid, gateway, startedAt } : undefined
  } catch {
    return undefined // there is none, or it cannot be understood
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

module.exports = { findRunningNode, isAlive }
