import { packageVersion } from '../sys/machine.ts'

/** This program's version. */
export const version: string = packageVersion()
