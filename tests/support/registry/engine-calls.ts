/** What users ask an engine about models of registries. */
import type { RegistryForm } from './forms.ts'

/** Pulls or pushes a model; gives all lines. `onText` hears each piece as it comes. */
export async function transferText(
  url: string,
  what: 'pull' | 'push',
  { host, account }: Pick<RegistryForm, 'host' | 'account'>,
  repository: string,
  onText: (text: string) => void = () => undefined,
): Promise<string> {
  const body = JSON.stringify({ model: `${host}/${repository}`, insecure: true, ...account })
  const answer = await fetch(`${url}/api/${what}`, { method: 'POST', body })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    const piece = decoder.decode(chunk, { stream: true })
    text += piece
    onText(piece)
  }
  return text
}

/** Gives a model a second name. */
export async function copyAt(url: string, source: string, destination: string): Promise<number> {
  const body = JSON.stringify({ source, destination })
  return (await fetch(`${url}/api/copy`, { method: 'POST', body })).status
}

/** The names of all models. */
export async function namesAt(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/api/tags`)
  return ((await answer.json()) as { models: { name: string }[] }).models.map(({ name }) => name)
}
