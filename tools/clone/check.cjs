/* `npm run check`: what `npm test` checks besides the tests. */
'use strict'

const { runChecks } = require('./checks.cjs')
const { chooseNode } = require('./node-runtime.cjs')
const { prepare, stopOnSignals } = require('./prepare.cjs')
const { explain } = require('./steps.cjs')

async function check() {
  stopOnSignals()
  await prepare('test')
  const { failed } = await runChecks(chooseNode())
  process.exitCode = failed > 0 ? 1 : 0
}

check().catch((error) => {
  process.exitCode = explain(error)
})
