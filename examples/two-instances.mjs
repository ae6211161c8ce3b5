// The integration guide's three steps: construct with configuration and logger, start, start an instance; twice.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OllamaProcessManager } from 'ollama-distributed'

const port = Number(process.argv[2] ?? 11434)
const manager = new OllamaProcessManager({ dataDir: join(tmpdir(), 'two-instances') }, console)
await manager.start()
try {
  await manager.startInstance('default', { host: '127.0.0.1', port })
  await manager.startInstance('second', { environment: { CUDA_VISIBLE_DEVICES: '1' } })
  for (const { id, url, version } of manager.instances()) console.log(id, url, version)
} finally {
  await manager.stop()
}
