/**
 * Loaded into a node before its program: what it dials at the port `OD_TEST_FROM` goes to the port `OD_TEST_TO` of the same
 * host, as by a rule of address translation, but without the rights that such a rule needs.
 */
import { Socket } from 'node:net'

const { OD_TEST_FROM: from, OD_TEST_TO: to } = process.env
const { prototype } = Socket
const connect = Reflect.get(prototype, 'connect')

prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args
  if (options !== null && String(options?.port) === from) options.port = Number(to)
  return connect.apply(this, args)
}
