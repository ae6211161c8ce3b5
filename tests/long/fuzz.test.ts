import { fuzzGateway } from '../attack/fuzz/gateway-suite.ts'
import { fuzzReaders } from '../attack/fuzz/readers-suite.ts'

fuzzReaders(200_000)
fuzzGateway(20)
