/** A registry behind TLS, with a certificate by an authority that nobody knows. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import type { SeedModel } from './model.ts'
import { seedAnswer } from './seed-answers.ts'
import { certifiedServer, type Years } from './test-authority.ts'

export interface TlsRegistry {
  readonly port: number
  /** PEM file of the authority's certificate. */
  readonly authority: string
  readonly requests: string[]
  stop(): Promise<void>
}

/** `name`: what the certificate is for, with 127.0.0.1. */
export async function startTlsRegistry(
  seed: SeedModel,
  name: string,
  years?: Years,
): Promise<TlsRegistry> {
  const directory = await makeTemporaryDirectory()
  const { authority, cert, key } = certifiedServer(name, years)
  await writeFile(directory.inside('authority.pem'), authority)
  const requests: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(request.url ?? '')
    const { status, headers, body } = seedAnswer(seed, request.url ?? '', request)
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    authority: directory.inside('authority.pem'),
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await directory.remove()
    },
  }
}
