import { expect, test } from 'vitest'
import { remoteHostUrl } from './remote-host.ts'

/** Told by Ollama 0.24 itself: what stands in its list after a create with this `remote_host`. */
test.each([
  ['http://127.0.0.1:1', 'http://127.0.0.1:1'],
  ['gpu-box', 'http://gpu-box:11434'],
  ['gpu-box:80', 'http://gpu-box:80'],
  ['http://gpu-box:80/', 'http://gpu-box:80'],
  ['https://gpu-box', 'https://gpu-box:11434'],
  ['https://gpu-box/a/../b/', 'https://gpu-box:11434/b'],
  ['/a/b/', 'http://localhost:11434/a/b'],
  ['ollama.com', 'https://ollama.com:443'],
  ['http://ollama.com', 'https://ollama.com:443'],
  ['https://ollama.com', 'https://ollama.com:11434'],
  ['http://u:p@gpu-box/x?y=1', 'http://u:p@gpu-box:11434/x?y=1'],
])('%s is %s', (text, url) => expect(remoteHostUrl(text)).toBe(url))

test.each(['http://[::1', 'http://a b', `http://${'a'.repeat(2_048)}`])('%s is no server', (text) =>
  expect(remoteHostUrl(text)).toBeUndefined(),
)
