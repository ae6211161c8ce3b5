/** What callers may ask of a store; pure. Every implementation refuses the same, in the same words. */
import { OdError } from '../core/errors/index.ts'
import type { StateLimits } from './limits.ts'
import type { RangeRequest, Transaction, Write } from './port.ts'

/** In this order JavaScript's comparison of texts, SQLite's and etcd's agree. */
const keyPattern = /^[\x21-\x7e]*$/

/** Throws `OD_STATE_KEY`. */
export function checkKey(key: string, limits: StateLimits): void {
  if (key === '') throw badKey(limits)
  checkPrefix(key, limits)
}

/** As a key, but may be empty. */
export function checkPrefix(prefix: string, limits: StateLimits): void {
  if (prefix.length > limits.keyCharactersMax || !keyPattern.test(prefix)) throw badKey(limits)
}

/** Throws `OD_STATE_KEY` or `OD_STATE_REQUEST`. */
export function checkRange({ prefix, limit, page }: RangeRequest, limits: StateLimits): void {
  checkPrefix(prefix, limits)
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new OdError('OD_STATE_REQUEST', { reason: 'a page has at least one entry' })
  }
  if (page !== undefined) checkKey(page.after, limits)
}

/** Throws `OD_STATE_KEY`, `OD_STATE_VALUE` or `OD_STATE_TRANSACTION`. */
export function checkTransaction({ conditions, writes }: Transaction, limits: StateLimits): void {
  const keys = new Set(writes.map(keyOf))
  const items = conditions.length + writes.length
  if (items > limits.transactionItemsMax || keys.size < writes.length) throw tooLarge(limits)
  let bytes = 0
  for (const one of [...conditions, ...writes]) {
    const key = 'key' in one ? one.key : keyOf(one)
    checkKey(key, limits)
    bytes += key.length + ('value' in one ? checkedBytes(one.value, limits) : 0)
  }
  if (bytes > limits.transactionBytesMax) throw tooLarge(limits)
}

/** Throws `OD_STATE_LEASE_TIME`. */
export function checkLeaseTime(ttlMs: number, limits: StateLimits): void {
  const { leaseMsMin, leaseMsMax } = limits
  if (ttlMs >= leaseMsMin && ttlMs <= leaseMsMax) return
  throw new OdError('OD_STATE_LEASE_TIME', { msMin: leaseMsMin, msMax: leaseMsMax })
}

/** The key that a write changes. */
export function keyOf(write: Write): string {
  return 'put' in write ? write.put : write.delete
}

function checkedBytes(value: string, limits: StateLimits): number {
  const bytes = Buffer.byteLength(value)
  // A lone half of a surrogate pair, or a zero, would come back as something else.
  if (bytes <= limits.valueBytesMax && value.isWellFormed() && !value.includes('\0')) return bytes
  throw new OdError('OD_STATE_VALUE', { bytesMax: limits.valueBytesMax })
}

function badKey({ keyCharactersMax }: StateLimits): OdError {
  return new OdError('OD_STATE_KEY', { charactersMax: keyCharactersMax })
}

function tooLarge({ transactionItemsMax, transactionBytesMax }: StateLimits): OdError {
  const parameters = { itemsMax: transactionItemsMax, bytesMax: transactionBytesMax }
  return new OdError('OD_STATE_TRANSACTION', parameters)
}
