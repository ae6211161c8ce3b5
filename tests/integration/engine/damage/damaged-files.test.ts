import { damageSuite } from './damage-suite.ts'

/** A sample; `tests/long` gives ten times as many. */
damageSuite(100, { cut: 1, changed: 10_001 })
