import type { Break } from './broken-copy.ts'

/** For each row of the requirements that passes: one small change that breaks what the row asks for. */
export const breaks: Readonly<Record<string, Break>> = {
  'S-019': {
    what: 'an Ollama that listens is not looked for',
    file: 'src/node/engines.ts',
    find: 'ollama.port !== 0 && (await looksLikeOllama(url, clock))',
    replace: 'false && (await looksLikeOllama(url, clock))',
  },
  'S-034': {
    what: 'text is left out of the lines of generate',
    file: 'src/engine/embedded/routes/generate.ts',
    find: 'generateChunk({ ...head(), response: text, logprobs })',
    replace: "generateChunk({ ...head(), response: '', logprobs })",
  },
  'S-035': {
    what: 'a relayed body loses its last byte',
    file: 'src/gateway/engine-body.ts',
    find: "'embedded') return body\n",
    replace: "'embedded') return body.subarray(1)\n",
  },
  'S-036': {
    what: 'the alias is spelt otherwise',
    file: 'src/gateway/routes.ts',
    find: "'/api/models'",
    replace: "'/api/model'",
  },
  'S-040': {
    what: 'another liveness text',
    file: 'src/gateway/local-answers.ts',
    find: "'Ollama is running'",
    replace: "'Ollama runs'",
  },
  'S-045': {
    what: 'vectors come in the wrong order',
    file: 'src/engine/runner/embedder.ts',
    find: 'vectors.push(vector)',
    replace: 'vectors.unshift(vector)',
  },
  'S-069': {
    what: 'health is always well',
    file: 'src/admin/api/routes-node.ts',
    find: "=== 'healthy' ? 200 : 503",
    replace: "=== 'healthy' ? 200 : 200",
  },
  'S-070': {
    what: 'health is always well',
    file: 'src/admin/api/routes-node.ts',
    find: "=== 'healthy' ? 200 : 503",
    replace: "=== 'healthy' ? 200 : 200",
  },
  'S-094': {
    what: 'unknown keys are passed over',
    file: 'src/config/yaml-file.ts',
    find: 'if (!isOneWord || !sections.has(path)) document.report(line, unknownKey(path))',
    replace: 'if (!isOneWord || !sections.has(path)) return []',
  },
  'S-101': {
    what: "the client's num_ctx is overlooked",
    file: 'src/engine/embedded/load-options.ts',
    find: 'overrides.numCtx ?? defaults.contextTokens',
    replace: 'defaults.contextTokens',
  },
  'S-103': {
    what: 'integration.enabled is overlooked',
    file: 'src/node/engines.ts',
    find: 'const started = integration.enabled',
    replace: 'const started = integration.enabled !== undefined',
  },
  'S-104': {
    what: 'auto_start is overlooked',
    file: 'src/node/engines.ts',
    find: 'const isWanted = integration.processManager.autoStart',
    replace: 'const isWanted = true',
  },
  'S-114': {
    what: 'decisions are logged at info',
    file: 'src/gateway/relay.ts',
    find: 'context.log.debug({ requestId, model, order, reason }',
    replace: 'context.log.info({ requestId, model, order, reason }',
  },
  'S-115': {
    what: 'nobody is told who holds a port',
    file: 'bin/ports.cjs',
    find: "if (process.platform === 'linux') return holderByProc(host, port)",
    replace: "if (process.platform === 'linux') return undefined",
  },
  'S-132': {
    what: "the link to Ollama's documents is gone",
    file: 'README.md',
    find: 'https://github.com/ollama/ollama',
    replace: 'https://example.com',
  },
  'S-133': {
    what: 'the summary is gone from the README',
    file: 'README.md',
    find: 'Of 136 requirements',
    replace: 'Of some requirements',
  },
}
