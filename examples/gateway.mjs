/** One address for several Ollamas: `node examples/gateway.mjs http://nas:11434 http://desk:11434`. */
import { OllamaAPIGateway } from 'ollama-distributed'

const urls = process.argv.slice(2)
const engines = Object.fromEntries(urls.map((url, i) => [`ollama-${i + 1}`, url]))
const gateway = new OllamaAPIGateway({ port: 0, engines, loadBalancing: 'round_robin' })
await gateway.start()
console.log(gateway.url)
process.once('SIGTERM', () => void gateway.stop())
process.once('SIGINT', () => void gateway.stop())
