/* What `bin/ollama-distributed` does first when it stands in a clone. */
'use strict'

const { isBuilt } = require('./build.cjs')
const { commandFrom } = require('./places.cjs')

/** Tells the program what it is called here, and the user when the build is an old one; that runs all the same. */
function enterClone() {
  process.env['OD_COMMAND'] = commandFrom(process.cwd())
  if (isBuilt()) return
  process.stderr.write('note: this build is older than its source; `npm start` renews it\n')
}

module.exports = { enterClone }
