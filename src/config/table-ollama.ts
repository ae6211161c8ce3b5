import { address, path, port, program, wholeNumber, yesOrNo } from './kind.ts'
import { environment } from './kind-environment.ts'
import { origins } from './kind-origins.ts'
import { limits } from './limits.ts'
import { setting } from './setting.ts'

/** The section `ollama` of the integration guide, its keys unchanged, and what belongs beside them. */
export const ollamaSettings = {
  'ollama.host': setting({
    kind: address,
    default: { value: '127.0.0.1' },
    description: "Address at which the engine of this node answers Ollama's own clients.",
  }),
  'ollama.port': setting({
    kind: port,
    default: { value: 11_434 },
    description: 'Port of that engine; an Ollama that already listens there is used as it is.',
    flag: { name: '--ollama-port', argument: 'N', option: 'ollamaPort' },
  }),
  'ollama.binary': setting({
    kind: program,
    default: { text: '`ollama` on `PATH`', of: () => '' },
    description:
      'The program that is started where no Ollama answers; without one the embedded engine stands alone.',
  }),
  'ollama.data_dir': setting({
    kind: path,
    default: {
      text: '`ollama` below node.data_dir',
      of: (context) => context.below(context.path('node.data_dir'), 'ollama'),
    },
    description:
      'Folder of an Ollama that this node starts; it runs there, and is made when it is missing.',
  }),
  'ollama.model_dir': setting({
    kind: path,
    default: {
      text: '`models` below ollama.data_dir where that is given, else below node.data_dir',
      of: (context) => {
        const parent = context.isGiven('ollama.data_dir') ? 'ollama.data_dir' : 'node.data_dir'
        return context.below(context.path(parent), 'models')
      },
    },
    description: "Folder of the models, in Ollama's own layout.",
  }),
  'ollama.max_concurrent': setting({
    kind: wholeNumber(1, limits.concurrencyMax),
    default: { value: 4 },
    unit: 'requests',
    description: 'Requests that an engine works on at the same time; the others wait before it.',
  }),
  'ollama.gpu_layers': setting({
    kind: wholeNumber(-1, limits.gpuLayersMax),
    default: { value: -1 },
    unit: 'layers',
    description:
      'Layers of a model that go on the GPU, for requests that do not say num_gpu themselves; -1 leaves it to the engine.',
  }),
  'ollama.context_length': setting({
    kind: wholeNumber(limits.contextTokensMin, limits.contextTokensMax),
    default: { value: 4096 },
    unit: 'tokens',
    description:
      'Context that an engine of this node gives a request that does not say num_ctx itself; an Ollama that was there already keeps its own.',
  }),
  'ollama.environment': setting({
    kind: environment,
    default: { value: {} },
    description:
      'Variables for the engine, above those of this node; OLLAMA_HOST must agree with host and port.',
    secret: true,
  }),
  'ollama.origins': setting({
    kind: origins,
    default: { value: [] },
    description:
      "Web pages that may use the gateway and the engine, besides this machine's own and those of desktop programs.",
    envs: ['OLLAMA_ORIGINS'],
  }),
  'ollama.debug': setting({
    kind: yesOrNo,
    default: { value: false },
    description: 'Makes engines write more to their logs.',
    envs: ['OLLAMA_DEBUG'],
  }),
} as const
