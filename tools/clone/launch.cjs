'use strict'

const { flagOf, quoted } = require('./flags.cjs')
const { chooseNode } = require('./node-runtime.cjs')
const { commandFrom, dataDirOf, places, userDir } = require('./places.cjs')
const { checkPorts } = require('./ports.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { runInGroup } = require('./run.cjs')
const { findRunningNode } = require('./running-node.cjs')
const { explain, step } = require('./steps.cjs')

/**
 * Looks at the ports, installs, builds, and runs `start` with these flags; exits when that ends.
 * @param {readonly string[]} args
 */
async function launch(args) {
  try {
    process.exitCode = await start(args)
  } catch (error) {
    process.exitCode = explain(error)
  }
}

/** @param {readonly string[]} args */
async function start(args) {
  const release = stopOnSignals()
  const flag = flagOf(args, '--data-dir')
  const dataDir = dataDirOf(flag)
  const running = await findRunningNode(dataDir)
  if (running !== undefined) {
    const command = commandFrom(userDir)
    process.stdout.write(
      [
        `already running: ${running.gateway}, pid ${running.pid}, since ${running.startedAt}`,
        `  its data: ${dataDir}`,
        `  stop it:  ${command} stop${flag === undefined ? '' : ` --data-dir ${quoted(flag)}`}`,
        '  a second node on this machine needs its own --data-dir and --port\n',
      ].join('\n'),
    )
    return 0
  }
  await step('ports', () => checkPorts(args))
  await prepare('start')
  release()
  const env = { ...process.env, OD_COMMAND: commandFrom(userDir) }
  return await runInGroup(chooseNode(), [places.main, 'start', ...args], { cwd: userDir, env })
}

module.exports = { launch }
