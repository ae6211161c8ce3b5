import { type ConfigInput, checkConfig } from '../../src/config/index.ts'

/** What a test of the configuration gives beside the file's text. */
export type Given = Partial<Pick<ConfigInput, 'flags' | 'env' | 'readFile'>>

/** A machine on which `ollama-distributed.yaml` in the current folder says `yaml`; undefined: there is none. */
export function inputWith(yaml: string | undefined, given: Given = {}): ConfigInput {
  return {
    flags: {},
    env: {},
    cwd: '/project',
    homeDir: '/home/ann',
    platform: 'linux',
    readFile: (path) =>
      Promise.resolve(path === '/project/ollama-distributed.yaml' ? yaml : undefined),
    ...given,
  }
}

/** The problems as a person reads them. */
export async function problemsOf(yaml: string | undefined, given: Given = {}): Promise<string[]> {
  const { problems } = await checkConfig(inputWith(yaml, given))
  return problems.map(({ text }) => text.replace('ollama-distributed.yaml', 'FILE'))
}
