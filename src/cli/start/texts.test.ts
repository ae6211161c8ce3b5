import { describe, expect, test } from 'vitest'
import { alreadyRunningText, curlLine, lineWithFlag, readyText, stepLine } from './texts.ts'

const node = {
  gatewayUrl: 'http://127.0.0.1:8080',
  addresses: ['http://127.0.0.1:8080'],
  dataDir: '/home/u/data',
  heldOllamaAddress: undefined as string | undefined,
  nodeId: '12D3KooWNode',
  joinAddresses: ['/ip4/192.168.1.100/tcp/4001/p2p/12D3KooWNode'],
}
const facts = {
  models: ['pocket:latest'],
  node,
  commandName: 'ollama-distributed',
  isUsualDataDir: true,
  isRoot: false,
  isOpen: false,
}

describe('the line of a step', () => {
  const step = { name: 'engine', text: 'embedded, llama.cpp b6673', durationMs: 412 }

  test('has a sign where a person looks at it', () => {
    expect(stepLine(step, true)).toBe('✓ engine   embedded, llama.cpp b6673   0.4 s')
  })

  test('is plain ASCII elsewhere', () => {
    expect(stepLine(step, false)).toBe('ok engine   embedded, llama.cpp b6673   0.4 s')
  })
})

describe('the text of a node that is ready', () => {
  test('has the address, the data, and lines to type as they are', () => {
    expect(readyText(facts).split('\n')).toEqual([
      '',
      'The node is ready.',
      'Gateway   http://127.0.0.1:8080',
      'Node      12D3KooWNode',
      'Peer      /ip4/192.168.1.100/tcp/4001/p2p/12D3KooWNode',
      'Data      /home/u/data',
      '',
      'Try it:',
      `  curl http://127.0.0.1:8080/api/generate -d '{"model":"pocket","prompt":"Why is the sky blue?"}'`,
      '',
      'In a second terminal:',
      '  ollama-distributed run pocket',
      '',
      'Ctrl-C stops the node.',
    ])
  })

  test('has the line for another machine where a token may be shown', () => {
    expect(readyText({ ...facts, token: '1f0c8a2b.secret' })).toContain(
      '\n  ollama-distributed join --peer /ip4/192.168.1.100/tcp/4001/p2p/12D3KooWNode --token 1f0c8a2b.secret\n',
    )
  })

  test('tells the second terminal where to look when the folder is not the usual one', () => {
    const text = readyText({
      ...facts,
      commandName: 'node bin/x.js',
      isUsualDataDir: false,
      node: { ...node, dataDir: '/tmp/my data' },
    })
    expect(text).toContain("\n  node bin/x.js run pocket --data-dir '/tmp/my data'\n")
  })

  test('tells that it holds the port of Ollama, and what to do when an Ollama is to have it', () => {
    const text = readyText({ ...facts, node: { ...node, heldOllamaAddress: '127.0.0.1:11434' } })
    expect(text).toContain('\nOllama    this node answers at 127.0.0.1:11434')
    expect(text).toContain('ollama-distributed start --ollama-port 0\n')
    expect(readyText(facts)).not.toContain('Ollama ')
  })

  test('says where root’s data are, and that an open node is open', () => {
    const addresses = ['http://127.0.0.1:8080', 'http://10.0.0.2:8080']
    const text = readyText({ ...facts, isRoot: true, isOpen: true, node: { ...node, addresses } })
    expect(text).toContain('\nData      /home/u/data   (running as root)\n')
    expect(text).toMatch(/\n {10}http:\/\/10\.0\.0\.2:8080\n {10}open: everyone/)
  })

  test('takes a model that is there when the bundled one is not', () => {
    const text = readyText({ ...facts, models: ['llama3.2:1b', 'x:latest'] })
    expect(text).toContain('{"model":"llama3.2:1b",')
    expect(text).toContain('\n  ollama-distributed run llama3.2:1b\n')
    const without = readyText({ ...facts, models: [] })
    expect(without).not.toContain('curl')
  })
})

test('a model’s name cannot break out of the line to copy', () => {
  expect(curlLine('http://127.0.0.1:1', "a'b")).toContain(`-d '{"model":"a'\\''b",`)
})

test('a node that runs already is named by address and pid', () => {
  const running = { pid: 42, gateway: 'http://127.0.0.1:8080', startedAt: 'T', version: '' }
  const options = { commandName: 'od', dataDir: '/d', isUsualDataDir: false }
  const text = alreadyRunningText(running, options)
  expect(text).toContain('already running: http://127.0.0.1:8080, pid 42, since T\n')
  expect(text).toContain('od run pocket --data-dir /d\n')
  expect(text).toContain('od stop --data-dir /d\n')
})

describe('a command line with another port', () => {
  test.each([
    [['start'], 'od start --port 8081'],
    [['start', '--port', '8080', '--accept-open'], 'od start --accept-open --port 8081'],
    [['start', '--port=8080', '--config', 'my file'], "od start --config 'my file' --port 8081"],
  ])('%j', (args, line) => {
    expect(lineWithFlag('od', args, '--port', 8081)).toBe(line)
  })
})
