import { strategies } from '../core/strategy.ts'
import { choice, port, yesOrNo } from './kind.ts'
import { duration } from './kind-duration.ts'
import { limits } from './limits.ts'
import { setting } from './setting.ts'

/** The section `integration` of the integration guide, its keys unchanged. */
export const integrationSettings = {
  'integration.enabled': setting({
    kind: yesOrNo,
    default: { value: true },
    description: 'False makes this node a pure gateway: no engine of this machine is touched.',
  }),
  'integration.process_manager.auto_start': setting({
    kind: yesOrNo,
    default: { value: true },
    description: 'Starts an engine when none answers at ollama.host and ollama.port.',
  }),
  'integration.process_manager.health_check_interval': setting({
    kind: duration(limits.probeIntervalMsMin, limits.probeIntervalMsMax),
    default: { value: 30_000 },
    unit: 's, m or h',
    description: 'Time between two probes of an engine.',
  }),
  'integration.api_gateway.port': setting({
    kind: port,
    default: { value: 8080 },
    description: 'Port of the gateway, which clients use.',
    flag: { name: '--port', argument: 'N', option: 'port' },
  }),
  'integration.api_gateway.load_balancing': setting({
    kind: choice(strategies),
    default: { value: 'model_affinity' },
    description:
      'How an engine that has the model is chosen: in turn, the least busy one, or the one that has it loaded unless too many wait there.',
  }),
  'integration.model_sync.sync_interval': setting({
    kind: duration(limits.syncIntervalMsMin, limits.syncIntervalMsMax),
    default: { value: 300_000 },
    unit: 's, m or h',
    description: 'Time between two looks for changed models; nothing uses it in this version.',
  }),
  'integration.model_sync.auto_sync': setting({
    kind: yesOrNo,
    default: { value: true },
    description: 'False leaves synchronising to a command; nothing uses it in this version.',
  }),
} as const
