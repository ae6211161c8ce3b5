import { schemaSuite } from '../integration/engine/generation/schema-suite.ts'

schemaSuite(300)
