/* npm as the user has it. */
'use strict'

const { basename } = require('node:path')
const { runTool } = require('./tool.cjs')

/**
 * Runs npm to its end; `name` is that of its log.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {{ timeoutMs?: number }} [options] it is killed after that time
 */
function runNpm(name, args, { timeoutMs } = {}) {
  const cli = process.env['npm_execpath'] ?? '' // the npm that runs this script
  const isKnown = basename(cli) === 'npm-cli.js'
  return runTool({
    name,
    command: isKnown ? process.execPath : 'npm',
    args: isKnown ? [cli, ...args] : args,
    shell: !isKnown && process.platform === 'win32', // npm is a .cmd file there
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
}

module.exports = { runNpm }
