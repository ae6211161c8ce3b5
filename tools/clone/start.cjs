/* `npm start [-- flags]`: from whatever state the clone is in to a running node. */
'use strict'

/* On an older one npm leaves out the package that carries the engine, by that package's `engines`. */
if (parseInt(process.versions.node, 10) < 20) {
  console.error('npm start needs Node.js 20 or newer, this is ' + process.versions.node + '.')
  process.exit(1)
}
require('./launch.cjs').launch(process.argv.slice(2))
