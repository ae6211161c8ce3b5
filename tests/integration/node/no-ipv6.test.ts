import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { n24 } from '../../support/n24.ts'
import { runToEnd } from '../../support/node-process.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

/** A network of its own, in which IPv6 can be switched off, needs root and `unshare`. */
const canUnshare =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-n', 'ip', 'link'], { timeout: 30_000 }).status === 0

/** Starts a node in a network without IPv6, waits until it is ready, asks it, and stops it. */
const script = `
ip link set lo up
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
"$0" dist/main.js start --data-dir "$1" --port 18999 --ollama-port 0 --listen ::1 &
until [ -e "$1/run/node.json" ]; do kill -0 $! || exit 3; sleep 0.1; done
"$0" dist/main.js status --data-dir "$1"
kill $!
wait $!
`

describe.skipIf(!canUnshare)('a machine without IPv6 (needs root and unshare)', () => {
  test('falls back to IPv4, and prints the address at which it answers', async () => {
    const directory = await makeTemporaryDirectory()
    const args = ['-n', 'sh', '-c', script, n24, directory.path]
    const finished = await runToEnd({ command: 'unshare', args })
    expect(finished.stdout).toContain('Gateway   http://127.0.0.1:18999')
    expect(finished.stdout).toContain('status     healthy')
    expect(finished.code).toBe(0)
    await directory.remove()
  })
})
