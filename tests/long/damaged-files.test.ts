import { damageSuite } from '../integration/engine/damage/damage-suite.ts'

damageSuite(1_000, { cut: 100_001, changed: 200_001 })
