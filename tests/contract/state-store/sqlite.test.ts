import { sqliteGround } from './ground.ts'
import { describeStateStore } from './suite.ts'

describeStateStore('a database of this process', sqliteGround)
