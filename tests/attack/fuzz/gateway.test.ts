import { fuzzGateway } from './gateway-suite.ts'

fuzzGateway(1)
