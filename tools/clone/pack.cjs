/* Before `npm pack` and `npm publish`: the package carries a build of the source as it is. */
'use strict'

const { prepare, stopOnSignals } = require('./prepare.cjs')
const { explain } = require('./steps.cjs')

stopOnSignals()
prepare('start').catch((error) => {
  process.exitCode = explain(error)
})
