/** Writes the generated reference pages: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { apiPage, openApiText } from './api-page.ts'
import { cliPage } from './cli-page.ts'
import { configPage, configSchemaText } from './config-page.ts'
import { errorsPage } from './errors-page.ts'
import { routesPage } from './routes-page.ts'

const folder = resolve(import.meta.dirname, '../../docs/reference')
const pages = {
  '../API_REFERENCE.md': apiPage(),
  '../openapi.json': openApiText(),
  'cli.md': cliPage(),
  'config.md': configPage(),
  'config.schema.json': configSchemaText(),
  'errors.md': errorsPage(),
  'routes.md': routesPage(),
}
for (const [name, text] of Object.entries(pages)) writeFileSync(resolve(folder, name), text)
console.log(`written: ${Object.keys(pages).join(', ')}`)
