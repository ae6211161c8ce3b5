/* The third step: `dist` from `src`, when it is older than its source. */
'use strict'

const { createHash } = require('node:crypto')
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs')
const { join } = require('node:path')
const { places } = require('./places.cjs')
const { Stop } = require('./stop.cjs')
const { runTool } = require('./tool.cjs')

/** Holds the fingerprint of what `dist` was built from. */
const stampName = '.od-built'

/** Beside `dist`, so that a rename is enough and source maps point the same way. */
const temporaryPrefix = '.dist-'

const errorLinesMax = 10

/**
 * Builds if needed. Gives the text of the step's line; throws a `Stop` with the first errors.
 * @param {(text: string) => void} tell
 */
async function build(tell) {
  if (isBuilt()) return 'nothing to do'
  const fingerprint = fingerprintOfSource()
  tell('compiling')
  removeLeftovers()
  const fresh = join(places.root, `${temporaryPrefix}${process.pid}`)
  mkdirSync(fresh)
  writeFileSync(join(fresh, '.gitignore'), '*\n') // a build that is killed must not show up in `git status`
  try {
    await compile(fresh)
    rmSync(join(fresh, '.gitignore'))
    writeFileSync(join(fresh, stampName), fingerprint)
    replaceDist(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return `compiled ${sourceFiles().length} files`
}

/** Whether the build is that of the source as it is now. */
function isBuilt() {
  return readStamp() === fingerprintOfSource()
}

/** @param {string} outDir */
async function compile(outDir) {
  const tsc = join(places.modules, 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', outDir, '--pretty', 'false']
  const { isOk, output, logFile } = await runTool({
    name: 'build',
    command: process.execPath,
    args,
  })
  if (isOk) return
  const errors = output.trim().split('\n').slice(0, errorLinesMax)
  throw new Stop('The source does not compile.', {
    remedy: `${errors.join('\n  ')}\n  All of it: ${logFile}`,
  })
}

/**
 * Two renames: at any moment there is the old build, none, or the new one, and never half of one.
 * @param {string} fresh
 */
function replaceDist(fresh) {
  const old = `${fresh}-old`
  if (existsSync(places.dist)) renameSync(places.dist, old)
  renameSync(fresh, places.dist)
  rmSync(old, { recursive: true, force: true })
}

/** Folders that killed builds left; whoever builds is alone here. */
function removeLeftovers() {
  for (const name of readdirSync(places.root)) {
    if (name.startsWith(temporaryPrefix))
      rmSync(join(places.root, name), { recursive: true, force: true })
  }
}

function fingerprintOfSource() {
  const hash = createHash('sha256')
  const compiler = join('node_modules', 'typescript', 'package.json')
  for (const file of [...sourceFiles(), 'tsconfig.json', 'tsconfig.build.json', compiler]) {
    const path = join(places.root, file)
    hash
      .update(`${file}\0`)
      .update(existsSync(path) ? readFileSync(path) : '')
      .update('\0')
  }
  return hash.digest('hex')
}

/** Paths of what is compiled, relative to the clone, in a fixed order. */
function sourceFiles(folder = 'src') {
  const entries = readdirSync(join(places.root, folder), { withFileTypes: true })
  /** @type {string[]} */
  const files = entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : []
  })
  return files.sort()
}

function readStamp() {
  const file = join(places.dist, stampName)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

module.exports = { build, isBuilt }
