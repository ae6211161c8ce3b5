import { remoteGround } from './ground.ts'
import { describeStateStore } from './suite.ts'

describeStateStore('a database behind HTTP', remoteGround)
