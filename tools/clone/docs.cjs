/* `npm run docs`: writes the generated pages, those about tests from the report of the last `npm test`. */
'use strict'

const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { chooseNode } = require('./node-runtime.cjs')
const { places } = require('./places.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { explain } = require('./steps.cjs')
const { runInherited } = require('./tool.cjs')

async function writeDocuments() {
  stopOnSignals()
  await prepare('test')
  const node = chooseNode()
  process.exitCode = await runInherited(node, [join('tools', 'docs', 'write.ts')])
  if (process.exitCode !== 0 || !existsSync(places.report)) return
  process.exitCode = await runInherited(node, [places.afterTest, places.report, '--write'])
}

writeDocuments().catch((error) => {
  process.exitCode = explain(error)
})
