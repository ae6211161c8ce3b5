import {
  faultProxyRoutes,
  readLinkFaults,
  startControlServer,
} from '../../fake-engine/control/index.ts'
import { startFaultProxy } from '../../fake-engine/proxy/index.ts'
import { type CommandHandler, textOption } from '../command.ts'
import { parseHost } from '../host.ts'
import { controlPort, port, wholeNumber } from './flags.ts'
import { listening, tellAddresses, untilAskedToEnd } from './stay.ts'

/** `fake-engine proxy`: stays until it is asked to end. */
export const fakeEngineProxy: CommandHandler = async (call) => {
  const engine = tcpAddress(parseHost(call.operands[0] ?? '', '<engine>'))
  const faults = readLinkFaults(textOption(call, 'faults') ?? '{}')
  const proxyAt = wholeNumber(call, port)
  const controlAt = wholeNumber(call, controlPort)
  const { clock } = call
  const proxy = await listening(proxyAt, startFaultProxy({ engine, port: proxyAt, clock }))
  const routes = faultProxyRoutes(proxy)
  const control = await listening(controlAt, startControlServer(routes, controlAt))
  proxy.set(faults)
  tellAddresses(call, { proxy: proxy.port, control: control.port })
  const code = await untilAskedToEnd(call)
  await Promise.all([proxy.stop(), control.stop()])
  return code
}

function tcpAddress(url: string): { host: string; port: number } {
  const { protocol, hostname, port: text } = new URL(url)
  const schemePort = protocol === 'https:' ? 443 : 80
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(text) || schemePort }
}
