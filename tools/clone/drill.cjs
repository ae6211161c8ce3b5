/* `npm run drill [-- attack | --seed N --count N]`: breaks code in a copy of the tree and expects tests to turn red. */
'use strict'

const { join } = require('node:path')
const { chooseNode } = require('./node-runtime.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { explain } = require('./steps.cjs')
const { runInherited } = require('./tool.cjs')

async function drill() {
  stopOnSignals()
  await prepare('test')
  const args = [join('tools', 'drill', 'drill.ts'), ...process.argv.slice(2)]
  process.exitCode = await runInherited(chooseNode(), args)
}

drill().catch((error) => {
  process.exitCode = explain(error)
})
