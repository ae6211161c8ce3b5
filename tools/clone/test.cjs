/* `npm test [-- filter or flags of vitest]`: from whatever state the clone is in to a line of counts. */
'use strict'

if (parseInt(process.versions.node, 10) < 20) {
  console.error('npm test needs Node.js 20 or newer, this is ' + process.versions.node + '.')
  process.exit(1)
}
require('./test-run.cjs').test(process.argv.slice(2))
