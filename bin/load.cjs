/*
 * `import()` is a syntax error for the oldest Nodes, so it has a file of its own that they never read.
 */
'use strict'

const { pathToFileURL } = require('node:url')

/**
 * Runs a module in this process.
 * @param {string} file absolute path
 * @returns {Promise<unknown>} its exports
 */
module.exports = (file) => import(pathToFileURL(file).href)
