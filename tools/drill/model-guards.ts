import type { Guard } from './guards.ts'

const addresses = 'src/models/registry/address-guard.ts'
const redirect = 'src/models/registry/redirect.ts'
const conversation = 'src/models/registry/conversation.ts'
const authorizer = 'src/models/registry/authorizer.ts'
const client = 'src/models/registry/client.ts'
const transport = 'src/models/registry/transport.ts'
const manifest = 'src/wire/manifest.ts'
const pull = 'src/models/pull/pull.ts'
const transfers = 'src/models/pull/shared-transfers.ts'
const store = 'src/models/store.ts'
const tensor = 'src/wire/gguf/tensor.ts'
const header = 'src/wire/gguf/header.ts'

/** Guards of registries, of the store and of weights files, with the rows of the attack table that need them. */
export const modelGuards: readonly Guard[] = [
  {
    what: 'addresses inside are as good as others',
    file: addresses,
    find: '  if (inside.check(plain, family)) throw',
    replace: '  if (plain.length < 0) throw',
    rows: ['A-87', 'A-88', 'A-89', 'A-91', 'A-92', 'A-93', 'A-94'],
  },
  {
    what: 'NAT64 and 6to4 are public',
    file: addresses,
    find: "  ['64:ff9b::', 96, 'ipv6'],\n  ['64:ff9b:1::', 48, 'ipv6'],\n  ['2001::', 32, 'ipv6'],\n  ['2002::', 16, 'ipv6'],\n",
    replace: '',
    rows: ['A-89'],
  },
  {
    what: 'metadata services are registries',
    file: addresses,
    find: '  if (metadata.check(plain, family)) throw',
    replace: '  if (plain.length < 0) throw',
    rows: ['A-90'],
  },
  {
    what: 'any port may be asked',
    file: addresses,
    find: '  if (port !== undefined) throw',
    replace: '  if (port === "") throw',
    rows: ['A-94'],
  },
  {
    what: 'what a name stands for is not looked at',
    file: 'src/sys/resolve.ts',
    find: '      for (const { address } of found) check(address)\n',
    replace: '      if (found.length < 0) check("")\n',
    rows: ['A-87', 'A-90', 'A-91', 'A-92'],
  },
  {
    what: 'the checked address is not the one that is used',
    file: 'src/sys/resolve.ts',
    find: '      return [...found]\n',
    replace: '      return [...(await resolve(name))]\n',
    rows: ['A-92'],
  },
  {
    what: 'an address in place of a name is not looked at',
    file: transport,
    find: '    if (literal !== undefined) checkAddress(literal,',
    replace: '    if (literal === "") checkAddress(literal,',
    rows: ['A-88', 'A-89', 'A-90', 'A-93'],
  },
  {
    what: 'no certificate is looked at',
    file: transport,
    find: 'buildConnector({ timeout: registryLimits.connectMs, lookup })',
    replace:
      'buildConnector({ timeout: registryLimits.connectMs, lookup, rejectUnauthorized: false })',
    rows: ['A-102'],
  },
  {
    what: 'a redirect may have any scheme',
    file: redirect,
    find: "  if (url.protocol !== 'https:' && url.protocol !== 'http:') {\n",
    replace: '  if (url.protocol.length < 0) {\n',
    rows: ['A-93'],
  },
  {
    what: 'a redirect may leave TLS',
    file: redirect,
    find: "if (url.protocol === 'http:' && !insecure) throw",
    replace: "if (url.protocol === '' && !insecure) throw",
    rows: ['A-93'],
  },
  {
    what: 'a redirect may hold an account',
    file: redirect,
    find: "  if (url.username !== '' || url.password !== '') throw",
    replace: '  if (url.username.length < 0) throw',
    rows: ['A-94'],
  },
  {
    what: 'redirects are followed without end',
    file: conversation,
    find: '      if (hops === registryLimits.redirectsMax) {\n',
    replace: '      if (hops === 20) {\n',
    rows: ['A-93'],
  },
  {
    what: 'any server may hand out the tokens of a registry',
    file: authorizer,
    find: 'if (url === null || url.origin !== this.#registry.origin) {',
    replace: 'if (url === null) {',
    rows: ['A-95'],
  },
  {
    what: 'a token goes wherever the registry sends',
    file: authorizer,
    find: '    const isRegistry = url.origin === this.#registry.origin\n',
    replace: '    const isRegistry = url.href !== this.#registry.href\n',
    rows: ['A-96'],
  },
  {
    what: 'plain HTTP is for everyone',
    file: conversation,
    find: '    if (insecure && !policy.trustsAsker && !isListed(name.host, policy)) {\n',
    replace: '    if (insecure && name.host === "") {\n',
    rows: ['A-103'],
  },
  {
    what: 'models go to any registry',
    file: 'src/models/registry/push-client.ts',
    find: '    if (!policy.trustsAsker && !isListed(host, policy)) {\n',
    replace: '    if (host === "" && !isListed(host, policy)) {\n',
    rows: ['A-104'],
  },
  {
    what: 'an answer may have any size',
    file: 'src/models/registry/answers.ts',
    find: '    if (bytes > bytesMax) throw',
    replace: '    if (bytes < 0) throw',
    rows: ['A-98'],
  },
  {
    what: 'packed bytes are taken for bytes',
    file: client,
    find: "  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return false\n",
    replace: '',
    rows: ['A-98'],
  },
  {
    what: 'a registry may send a byte a second',
    file: 'src/models/tries.ts',
    find: '    if (isSlow) return slow.abort()\n',
    replace: '    if (isSlow && seenBytes < 0) return slow.abort()\n',
    rows: ['A-98'],
  },
  {
    what: 'it is not looked whether the disk has room for all of it',
    file: pull,
    find: '      await new Room(modelDir, disk).needAll(missingBytes - (await keptBytes(modelDir, missing)))\n',
    replace: '      await new Room(modelDir, disk).needAll(0)\n',
    rows: ['A-98'],
  },
  {
    what: 'bytes of another place are taken',
    file: client,
    find: '    if (!isAsked(answer, { from, end, sizeBytes })) {\n',
    replace: '    if (sizeBytes < 0 && !isAsked(answer, { from, end, sizeBytes })) {\n',
    rows: ['A-98', 'A-100'],
  },
  {
    what: 'a part takes all that comes',
    file: 'src/models/pull/part-writer.ts',
    find: '    const own = chunk.subarray(0, this.part.end - this.#position)\n',
    replace: '    const own = chunk\n',
    rows: ['A-98'],
  },
  {
    what: 'a manifest may have any number of layers',
    file: manifest,
    find: '  if (layers.length > manifestLimits.layersMax) throw',
    replace: '  if (layers.length < 0) throw',
    rows: ['A-97'],
  },
  {
    what: 'any text of a manifest is a digest',
    file: manifest,
    find: "  if (checked === undefined) throw invalid('a layer has no valid digest')\n",
    replace: '',
    rows: ['A-97'],
  },
  {
    what: 'a layer may have any size',
    file: manifest,
    find: '  if (!Number.isSafeInteger(size) || size < 0) throw',
    replace: '  if (size === 0.5) throw',
    rows: ['A-97'],
  },
  {
    what: 'a layer may have two sizes',
    file: pull,
    find: '    if ((sizes.get(digest) ?? sizeBytes) !== sizeBytes) {\n',
    replace: '    if (sizeBytes < 0) {\n',
    rows: ['A-97'],
  },
  {
    what: 'bytes are published whatever their hash',
    file: transfers,
    find: '      if (actual === blob.digest) return',
    replace: '      if (actual !== "") return',
    rows: ['A-99', 'A-117'],
  },
  {
    what: 'uploads are published whatever their hash',
    file: 'src/models/blob.ts',
    find: '  if (actual !== expected) {\n',
    replace: '  if (actual === "" && actual !== expected) {\n',
    rows: ['A-113'],
  },
  {
    what: 'what nobody names goes at once',
    file: store,
    find: '} else if (digest !== undefined && ageMs > orphanAgeMs) old.push(digest)',
    replace: '} else if (digest !== undefined && ageMs > 0) old.push(digest)',
    rows: ['A-114'],
  },
  {
    what: 'what is held goes too',
    file: store,
    find: 'await this.#holds.unlessHeld(digest, () => this.#drop(blobPath(this.#modelDir, digest)))',
    replace: 'await this.#drop(blobPath(this.#modelDir, digest))',
    rows: ['A-114'],
  },
  {
    what: 'blobs go although a manifest that may name them cannot be read',
    file: store,
    find: '      if (named === undefined) return\n',
    replace: '      if (named === undefined) continue\n',
    rows: ['A-116'],
  },
  {
    what: 'a manifest that cannot be read fails the list',
    file: 'src/models/catalogue.ts',
    find: '    } catch {\n      return undefined //',
    replace: '    } catch (error) {\n      throw error //',
    rows: ['A-116'],
  },
  {
    what: 'a pipe is a file',
    file: 'src/cli/library/weights-files.ts',
    find: "  if (kind === 'other') {\n",
    replace: '  if (kind === undefined && text === "") {\n',
    rows: ['A-112'],
  },
  {
    what: 'any text is the name of a host, a namespace, a model and a tag',
    file: 'src/core/model-name.ts',
    find: '  return isValid ? name : undefined\n',
    replace: '  return isValid || name.model !== "" ? name : undefined\n',
    rows: ['A-47', 'A-87', 'A-94'],
  },
  {
    what: 'a file of a model may have any path',
    file: 'src/engine/embedded/routes/create.ts',
    find: '    if (!isRelative) throw',
    replace: '    if (!isRelative && path === "") throw',
    rows: ['A-118'],
  },
  {
    what: 'a tensor may reach behind the end',
    file: tensor,
    find: '      throw refused(`tensor ${shown(tensor.name)} reaches behind the end of the file`)\n',
    replace: '',
    rows: ['A-105'],
  },
  {
    what: 'a tensor may be empty',
    file: tensor,
    find: '  if (elements < 1) throw',
    replace: '  if (elements < 0) throw',
    rows: ['A-106'],
  },
  {
    what: 'arrays may be as deep as they like',
    file: 'src/wire/gguf/value.ts',
    find: '  if (depth > ggufLimits.arrayDepthMax) throw',
    replace: '  if (depth < 0) throw',
    rows: ['A-108'],
  },
  {
    what: 'any version is read',
    file: header,
    find: '  throw refused(`version ${version} of the format is not supported`)\n',
    replace: '',
    rows: ['A-109'],
  },
  {
    what: 'a load may end its runner for ever',
    file: 'src/engine/embedded/residency/service.ts',
    find: '    if (refusal !== undefined) throw refusal\n',
    replace: '',
    rows: ['A-111'],
  },
]
