/* Where things are: in the clone, and the folder of the node's data. */
'use strict'

const { homedir } = require('node:os')
const { join, relative, resolve } = require('node:path')

const root = join(__dirname, '..', '..')

/** Folders and files of the clone, all absolute. */
const places = {
  root,
  modules: join(root, 'node_modules'),
  dist: join(root, 'dist'),
  /** Logs and locks of the tools; git ignores it. */
  cache: join(root, '.cache'),
  /** Files of Debian packages that are not installed. */
  debian: join(root, '.cache', 'debian'),
  main: join(root, 'dist', 'main.js'),
  /** What the last whole `npm test` found, as vitest writes it. */
  report: join(root, 'node_modules', '.cache', 'od', 'report.json'),
  /** The same of the last one that ran only a part. */
  partReport: join(root, 'node_modules', '.cache', 'od', 'part-report.json'),
  /** Ends a test run that would not end. */
  stuckRun: join(root, 'tools', 'clone', 'stuck-run.ts'),
  /** Compares the report with the documents, or writes them from it. */
  afterTest: join(root, 'tools', 'docs', 'after-test.ts'),
}

/** Where the user stands: npm runs a script in the clone's root and tells where it was called. */
const userDir = process.env['INIT_CWD'] ?? process.cwd()

/**
 * What a person types in a folder to call the program of this clone.
 * @param {string} folder
 */
function commandFrom(folder) {
  const file = relative(folder, join(root, 'bin', 'ollama-distributed'))
  return process.platform === 'win32' ? `node ${file}` : file
}

/**
 * The platform's folder for the node's data; `src/config/places.ts` says the same, and a test compares them.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} homeDir
 * @param {string} platform
 */
function platformDataDir(env, homeDir, platform) {
  const name = 'ollama-distributed'
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] || join(homeDir, 'AppData', 'Local'), name)
  }
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support', name)
  const xdg = env['XDG_DATA_HOME'] ?? ''
  return join(xdg.startsWith('/') ? xdg : join(homeDir, '.local', 'share'), name)
}

/**
 * The folder of the node that these flags mean, as far as it can be told without the configuration file.
 * @param {string | undefined} flag
 */
function dataDirOf(flag) {
  const given = flag || process.env['OLLAMA_DISTRIBUTED_HOME']?.trim()
  if (!given) return platformDataDir(process.env, homedir(), process.platform)
  return /^~(?=$|[/\\])/.test(given) ? join(homedir(), given.slice(1)) : resolve(userDir, given)
}

module.exports = { places, commandFrom, userDir, platformDataDir, dataDirOf }
