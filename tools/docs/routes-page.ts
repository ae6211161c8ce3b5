import { type GatewayLimits, gatewayLimits, type Route, routes } from '../../src/gateway/index.ts'

/** `docs/reference/routes.md`: every route with its policy, from the table that the edge enforces. */
export function routesPage(): string {
  return [introduction, table(routes.map(routeRow)), limitsIntroduction, table(limitRows())]
    .join('\n\n')
    .concat('\n')
}

const introduction = `# Routes

Generated from the table of routes in \`src/gateway/routes.ts\`; not to be edited by hand. What is not here is answered with 404
\`404 page not found\`, a wrong method with 405 and \`Allow\`. Runs of slashes count as one; one slash too many at the end is redirected.

*Answered by*: \`engine\` passes the request on byte for byte and the answer back; \`all engines\` joins their lists; \`gateway\` answers itself.
*Model*: the body names a model, which decides where the request goes.`

const limitsIntroduction = `## Limits

The bounds of the gateway, from \`src/gateway/limits.ts\`, where each has its reason.`

function routeRow({ path, methods, handling, plane, bodyLimit, needsModel }: Route): string[] {
  const answeredBy = { relay: 'engine', list: 'all engines', answer: 'gateway', status: 'gateway' }
  const body = bodyLimit === 'none' ? 'ignored' : `up to ${spell(bodyLimit)}`
  const model = needsModel ? 'yes' : 'no'
  return [`\`${path}\``, methods.join(', '), answeredBy[handling.type], plane, body, model]
}

function limitRows(): string[][] {
  const names = Object.keys(gatewayLimits) as (keyof GatewayLimits)[]
  return names.map((name) => [`\`${name}\``, spell(name)])
}

/** The unit stands in the name. */
function spell(name: keyof GatewayLimits): string {
  const value = gatewayLimits[name]
  if (name.endsWith('Ms')) return value < 1000 ? `${value} ms` : `${value / 1000} s`
  if (!name.includes('Bytes') || value < 1024) return String(value)
  return value < 1024 ** 2 ? `${value / 1024} KiB` : `${value / 1024 ** 2} MiB`
}

function table(rows: readonly (readonly string[])[]): string {
  const head =
    rows[0]?.length === 2
      ? ['limit', 'value']
      : ['path', 'methods', 'answered by', 'plane', 'body', 'model']
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
