import type { CommandRow, OptionRow } from './command.ts'
import { json } from './options.ts'

const controlPort: OptionRow = {
  flags: '--control-port <n>',
  description: 'Port on this machine where faults are set and requests are read; any free one (0)',
}

const listenPort: OptionRow = {
  flags: '--port <n>',
  description: 'Port on this machine; any free one (0)',
}

const words: OptionRow = {
  flags: '--words',
  description: 'Tokens are words, and not t0 t1 t2 …, which tell their place',
}

const addressesAsJson: OptionRow = {
  flags: '--json',
  description: 'Print the addresses as one line of JSON',
}

/** The stand-in for an Ollama and what belongs to it. */
export const fakeEngineRows: readonly CommandRow[] = [
  {
    name: 'fake-engine',
    summary: 'Run a stand-in for Ollama that can be made to fail',
    description:
      'It answers as Ollama does, without a model: tokens are t0 t1 t2 …, so that a lost or repeated one shows. Faults are given here or, while it runs, to its control port: PUT /faults, POST /release, GET /requests, GET /stats. docs/fake-engine.md lists them. It stays until Ctrl-C.',
    options: [
      listenPort,
      controlPort,
      { flags: '--models <names>', description: 'Names with commas between them (tiny)' },
      { flags: '--tokens <n>', description: 'Tokens of an answer (64)' },
      { flags: '--tokens-per-second <n>', description: 'Speed of each answer; 0 is no limit (0)' },
      { flags: '--slots <n>', description: 'Answers of a model at a time; others wait (1)' },
      words,
      { flags: '--faults <json>', description: 'Faults from the start' },
      addressesAsJson,
    ],
    examples: [
      { line: 'fake-engine --port 11500', does: 'An Ollama with the model tiny' },
      {
        line: `fake-engine --faults '{"answer":{"type":"cut","afterTokens":9}}'`,
        does: 'One that closes every connection after nine tokens',
      },
      {
        line: `fake-engine --faults '{"refuseSome":{"probability":0.3,"seed":1,"status":500,"error":"no"}}'`,
        does: 'One that fails three of ten requests, always the same ones of a row',
      },
    ],
    load: async () => (await import('./fake-engine/serve.ts')).fakeEngine,
  },
  {
    name: 'fake-engine proxy',
    operands: [{ name: '<engine>', description: 'Where bytes go, for example 127.0.0.1:11434' }],
    summary: 'Run a TCP proxy that delays, slows, stalls, cuts or swallows what passes',
    description:
      'Faults are given here or, while it runs, to its control port: PUT /faults, POST /cut, GET /stats. docs/fake-engine.md lists them. It stays until Ctrl-C.',
    options: [
      listenPort,
      controlPort,
      { flags: '--faults <json>', description: 'Faults from the start' },
      addressesAsJson,
    ],
    examples: [
      {
        line: `fake-engine proxy 127.0.0.1:11434 --faults '{"delay":{"ms":80,"jitterMs":40}}'`,
        does: 'An Ollama that is far away',
      },
      {
        line: `fake-engine proxy 127.0.0.1:11434 --faults '{"cut":{"afterBytes":4000,"direction":"toClient","how":"rst"}}'`,
        does: 'A connection that is reset within the answer',
      },
    ],
    load: async () => (await import('./fake-engine/proxy.ts')).fakeEngineProxy,
  },
  {
    name: 'fake-engine check',
    operands: [{ name: '<url>', description: 'Engine or gateway, for example http://nas:8080' }],
    summary: 'Ask many questions at once and check every byte of every answer',
    description:
      'Puts each answer into one of six classes: ok; refused by a rule; failed before anything came; broken, with an error object; truncated without one; corrupted. Ends with 1 unless all are ok or refused. Asks generate and chat, streamed and whole, in turn. Engines of real models need --words, and then only the form of their answers can be checked.',
    options: [
      { flags: '--model <name>', description: 'Model to ask (tiny)' },
      { flags: '--requests <n>', description: 'Questions in all (100)' },
      { flags: '--clients <n>', description: 'Questions, and connections, at a time (8)' },
      { flags: '--tokens <n>', description: 'num_predict of every question (64)' },
      {
        flags: '--silence <seconds>',
        description: 'Give up an answer of which nothing comes for so long (60)',
      },
      words,
      json,
    ],
    examples: [
      {
        line: 'fake-engine check http://127.0.0.1:8080 --requests 1000 --clients 64',
        does: 'A gateway before fake engines, under load',
      },
      {
        line: 'fake-engine check http://127.0.0.1:8080 --model pocket --words',
        does: 'One before engines with real models',
      },
    ],
    load: async () => (await import('./fake-engine/check.ts')).fakeEngineCheck,
  },
]
