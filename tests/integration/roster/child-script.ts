/** A small child as an engine is one, written into a test's folder, and a parent that supervises it. */
import { writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { projectDir } from '../../support/n24.ts'

/**
 * Listens, and says so. Behaviours, by the word after the script: `polite` ends by SIGTERM and by disconnect; `stubborn`
 * ignores both, starts one process in its group and one outside, and prints their pids; `orphaning` is as stubborn, but
 * ends when its parent does and leaves the two; `crashing` says why and ends.
 */
const childScript = `
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
const behaviour = process.argv[2]
if (behaviour === 'crashing') {
  console.error('no such library')
  process.exit(3)
}
const isStubborn = behaviour === 'stubborn'
if (behaviour !== 'polite') {
  process.on('SIGTERM', () => {})
  for (const detached of [false, true]) {
    const sleeper = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'
    const made = spawn(process.execPath, ['-e', sleeper], { detached, stdio: 'ignore' })
    console.log('sleeper ' + made.pid)
  }
}
process.on('disconnect', () => isStubborn || process.exit(0))
setInterval(() => {}, 1000)
console.log('greeting ' + process.env.GREETING + ', home ' + process.env.HOME)
const server = createServer((_, response) => response.end('hello'))
server.listen(0, '127.0.0.1', () => {
  const url = 'http://127.0.0.1:' + server.address().port
  process.send({ type: 'ready', url, pid: process.pid })
})
`

/** Supervises the child until it is killed; prints each state and the child's lines. Arguments: folder, behaviour. */
function parentScript(): string {
  const moduleAt = (path: string) =>
    JSON.stringify(pathToFileURL(`${projectDir}/src/${path}`).toString())
  return `
import { join } from 'node:path'
import { openChildRecords, superviseChild } from ${moduleAt('engine/child/index.ts')}
import { systemClock as clock } from ${moduleAt('sys/clock.ts')}
import { silentLog as log } from ${moduleAt('sys/log.ts')}
import { systemProcesses as processes } from ${moduleAt('sys/processes.ts')}
import { systemRandom as random } from ${moduleAt('sys/random.ts')}
const [folder, behaviour] = process.argv.slice(2)
const records = await openChildRecords({ runDir: join(folder, 'run'), processes, random, log })
const child = superviseChild({
  name: 'tiny',
  command: process.execPath,
  args: [join(folder, 'child.mjs'), behaviour],
  env: {},
  logFile: join(folder, 'child.log'),
  clock, random, processes, records,
  async onChange(view) {
    await records.settled()
    console.log([view.state, view.pid, ...child.lastLines].join(' '))
  },
})
child.start()
setInterval(() => {}, 1000)
`
}

/** Writes both scripts into a folder as `child.mjs` and `parent.mjs`. */
export async function writeScripts(folder: string): Promise<void> {
  await writeFile(`${folder}/child.mjs`, childScript)
  await writeFile(`${folder}/parent.mjs`, parentScript())
}

/** Pids that a stubborn or orphaning child printed. */
export function sleepersIn(text: string): number[] {
  return [...text.matchAll(/sleeper (\d+)/g)].map(([, pid]) => Number(pid))
}
