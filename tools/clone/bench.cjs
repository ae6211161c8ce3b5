/* `npm run bench -- engine|gateway|links`: measures ours against the bare thing in the same run and prints ratios. */
'use strict'

const { join } = require('node:path')
const { chooseNode } = require('./node-runtime.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { explain } = require('./steps.cjs')
const { runInherited } = require('./tool.cjs')

async function bench() {
  stopOnSignals()
  await prepare('test')
  const args = [join('bench', 'main.ts'), ...process.argv.slice(2)]
  process.exitCode = await runInherited(chooseNode(), args)
}

bench().catch((error) => {
  process.exitCode = explain(error)
})
