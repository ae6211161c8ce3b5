import { fuzzReaders } from './readers-suite.ts'

fuzzReaders(3_000)
