import { apiPaths } from '../../src/admin/index.ts'
import { type Route, withManagement } from '../../src/gateway/index.ts'
import { jsonLimits } from '../../src/wire/go-json/index.ts'
import { tokenIdMax } from '../../src/wire/http/context-tokens.ts'
import { limitRows, spellLimit } from './limit-rows.ts'

/** `docs/reference/routes.md`: every route with its policy, from the table that the edge enforces. */
export function routesPage(): string {
  return [
    introduction,
    table(withManagement(apiPaths).map(routeRow)),
    sendersIntroduction,
    limitsIntroduction,
    table(limitRows()),
  ]
    .join('\n\n')
    .concat('\n')
}

const introduction = `# Routes

Generated from the tables of routes in \`src/gateway/routes.ts\` and \`src/admin/api/table.ts\`; not to be edited by hand. What the
management plane takes and answers is in [API_REFERENCE.md](../API_REFERENCE.md). What is not here is answered with 404
\`404 page not found\`, a wrong method with 405 and \`Allow\`. Runs of slashes count as one; one slash too many at the end is redirected.

*Answered by*: \`engine\` passes the request on byte for byte and the answer back; \`every engine\` sends it to each one and joins what
they say; \`all engines\` joins their lists; \`gateway\` answers itself. *Body*: \`streamed\` goes through at the engine's pace and is never
held; the disk of the engine bounds it. *Model*: the body names a model, which decides where the request goes.

Files of a model to be made go to the first engine that runs, the create that follows to the engine that has all of them, or the model it
starts from (409 when they lie on several). Copy and delete are answered with 502 and the names of the engines where some could not do
it. A request of these that an engine broke off is sent to no other: 502 says that its outcome is unknown.`

const sendersIntroduction = `## Who may ask

Checked before a body is read, on this port and on the embedded engine's own, by the rules of Ollama:

- A page of another origin (\`Origin\`) gets 403 without a body, whatever it asks for, unless it is of \`http(s)://localhost\`,
  \`127.0.0.1\` or \`0.0.0.0\` with any port, or of \`app://\`, \`file://\`, \`tauri://\`, \`vscode-webview://\`, \`vscode-file://\`,
  or \`ollama.origins\` (\`OLLAMA_ORIGINS\`) names it.
  Other than in Ollama only digits are a port: \`http://localhost:3000.evil.example\` is refused.
- Where the listener is bound to a loopback address, \`Host\` must be \`localhost\`, the machine's name, end in \`.localhost\`, \`.local\`
  or \`.internal\`, or be a loopback, private, unspecified or own address; else 403 without a body.
- A path with dot segments is redirected with 307 to the path without them. Encoded dots lead nowhere.

What is refused and Ollama takes: chunks beside a length, bare line feeds and folded headers, two equal \`Host\` headers, a target of
another host than \`Host\` (400 all); headers beyond the limits below (431). After an invented method the connection ends. JSON with more
than ${jsonLimits.depthMax} levels, ${jsonLimits.keysMax} keys in an object, ${jsonLimits.itemsMax} items in a list that is not of numbers or ${jsonLimits.valuesMax} values is 400; so is a
\`context\` with a number below 0 or above ${tokenIdMax}, and an \`info\` with a field of the wrong type in a create, which make an Ollama end; so
is what is no digest in the \`files\`, \`adapters\` or \`draft_files\` of a create.`

const limitsIntroduction = `## Limits

The bounds of a request and its answer, from \`src/gateway/limits.ts\` and \`src/wire/go-json/node.ts\`, where each has its reason.
A client that reads more slowly than the engine writes makes the engine wait; the answer is not kept for it.`

function routeRow({ path, methods, handling, plane, bodyLimit, modelIn }: Route): string[] {
  const answeredBy = {
    relay: 'engine',
    blob: 'engine',
    import: 'engine',
    create: 'engine',
    pull: 'engine',
    push: 'engine',
    change: 'every engine',
    list: 'all engines',
    answer: 'gateway',
    account: 'first Ollama of this node, if `gateway.accept_cloud` is set',
    registry: 'gateway, from the models of its node',
    management: 'gateway',
  }
  const body = bodyOf(bodyLimit)
  const model = { json: 'yes', form: 'in a form', nothing: 'no' }[modelIn]
  return [`\`${path}\``, methods.join(', '), answeredBy[handling.type], plane, body, model]
}

function bodyOf(limit: Route['bodyLimit']): string {
  if (limit === 'none') return 'ignored'
  return limit === 'engine' ? 'streamed' : `up to ${spellLimit(limit)}`
}

function table(rows: readonly (readonly string[])[]): string {
  const head =
    rows[0]?.length === 3
      ? ['limit', 'value', 'beyond it']
      : ['path', 'methods', 'answered by', 'plane', 'body', 'model']
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
