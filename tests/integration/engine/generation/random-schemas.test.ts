import { schemaSuite } from './schema-suite.ts'

schemaSuite(40) // all 300 are in tests/long
