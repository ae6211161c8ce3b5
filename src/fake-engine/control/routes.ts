import type { FakeOllama } from '../ollama/index.ts'
import type { FaultProxy } from '../proxy/index.ts'
import type { ControlRoutes } from './control-server.ts'
import { readCut, readFaults, readLinkFaults, readRelease } from './fault-schemas.ts'

/** What a fake engine can be told and asked. */
export function fakeOllamaRoutes(fake: FakeOllama): ControlRoutes {
  return {
    'PUT /faults': (body) => fake.set(readFaults(body)),
    'POST /release': (body) => fake.release(readRelease(body)),
    'GET /requests': () => fake.requests(),
    'GET /stats': () => fake.stats(),
  }
}

/** What a proxy can be told and asked. */
export function faultProxyRoutes(proxy: FaultProxy): ControlRoutes {
  return {
    'PUT /faults': (body) => proxy.set(readLinkFaults(body)),
    'POST /cut': (body) => proxy.cut(readCut(body).how),
    'GET /stats': () => proxy.stats(),
  }
}
