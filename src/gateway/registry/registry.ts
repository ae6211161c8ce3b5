/**
 * The read half of a registry over this node's models, so that an Ollama elsewhere, or any OCI client, can pull from it.
 * Source: OCI distribution specification 1.1, "Pull"; what Ollama needs besides: ollama-api §4.5.
 */
import { parseDigest } from '../../core/digest.ts'
import { type ModelName, parseModelName } from '../../core/model-name.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import { manifestMediaType } from '../../wire/manifest.ts'
import type { Answer, FileAnswer } from '../answer.ts'
import type { GatewayContext } from '../context.ts'
import type { Exchange } from '../exchange.ts'
import type { OwnModels } from '../ports.ts'
import type { Handling } from '../routes.ts'
import type { Match } from '../target.ts'
import { sendBlob } from './blob-answer.ts'

export type RegistryRead = Extract<Handling, { type: 'registry' }>['read']

/** Undefined when a blob has gone out. Names stand for those of the default registry: the path has no room for a host. */
export async function answerRegistry(
  exchange: Exchange,
  { read, parameters }: { read: RegistryRead; parameters: RouteMatch['parameters'] },
  context: GatewayContext,
): Promise<Answer | FileAnswer | undefined> {
  const { ownModels } = context
  if (read === 'base') return json({})
  if (read === 'catalog') return json({ repositories: await repositories(ownModels) })
  const { namespace = '', model = '', reference = '', digest: digestText = '' } = parameters
  const repository = `${namespace}/${model}`
  const name = parseModelName(`${repository}:latest`)
  if (name === undefined) return registryError(400, 'NAME_INVALID', 'invalid repository name')
  if (read === 'tags') {
    const tags = (await namesOf(name, ownModels)).map(({ tag }) => tag).sort()
    const unknown = `repository ${repository} is not on this node`
    return tags.length > 0
      ? json({ name: repository, tags })
      : registryError(404, 'NAME_UNKNOWN', unknown)
  }
  if (read === 'manifest') {
    const manifest = await findManifest(name, reference, ownModels)
    const unknown = `manifest ${repository}:${reference} is not on this node`
    if (manifest === undefined) return registryError(404, 'MANIFEST_UNKNOWN', unknown)
    const headers = ['Docker-Content-Digest', manifest.digest, 'ETag', `"${manifest.digest}"`]
    return { status: 200, contentType: manifestMediaType, body: manifest.bytes, headers }
  }
  const digest = parseDigest(digestText)
  if (digest === undefined) return registryError(400, 'DIGEST_INVALID', 'invalid digest')
  if (await sendBlob(exchange, digest, context)) return undefined
  return registryError(404, 'BLOB_UNKNOWN', `blob ${digest} is not on this node`)
}

type RouteMatch = Extract<Match, { type: 'route' }>

/** A tag, or the digest of a manifest that one of the tags has now. */
async function findManifest(name: ModelName, reference: string, models: OwnModels) {
  const digest = parseDigest(reference)
  if (digest === undefined) {
    const tagged = parseModelName(`${name.namespace}/${name.model}:${reference}`)
    return tagged && models.manifest(tagged)
  }
  for (const candidate of await namesOf(name, models)) {
    const manifest = await models.manifest(candidate)
    if (manifest?.digest === digest) return manifest
  }
  return undefined
}

async function namesOf({ namespace, model, host }: ModelName, models: OwnModels) {
  const isSame = (other: ModelName) =>
    equal(other.host, host) && equal(other.namespace, namespace) && equal(other.model, model)
  return (await models.names()).filter(isSame)
}

async function repositories(models: OwnModels): Promise<string[]> {
  const known = parseModelName('any')?.host ?? ''
  const own = (await models.names()).filter(({ host }) => equal(host, known))
  return [...new Set(own.map(({ namespace, model }) => `${namespace}/${model}`))].sort()
}

function equal(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function json(value: object): Answer {
  return { status: 200, contentType: 'application/json', body: encodeGoJson(value) }
}

/** Source: OCI distribution specification 1.1, "Error codes". */
function registryError(status: number, code: string, message: string): Answer {
  const body = encodeGoJson({ errors: [{ code, message }] })
  return { status, contentType: 'application/json', body }
}
