// The rows of `stele/keys/<account>`: the keys that sign calls of an account, and the last number that each has signed.
import { canonicalJson, parseCanonicalJson } from '@stele/formats/json'
import type { CallBody } from './body.ts'
import type { StateReader, Write } from './execution.ts'
import { maxNotAfterMs } from './limits.ts'
import { membersOf } from './members.ts'
import { keyIdOf, keyOfAccount, unauthorized, verifyCallSignature } from './signing.ts'
import type { Via } from './via.ts'

/** The host's own object for an account's signing keys. */
export function keysObject(account: string): string {
  return `stele/keys/${account}`
}

/** Checks a call that its caller signed, and gives the row that records its `seq`, also when the call fails. */
export function acceptKey(
  body: CallBody,
  via: Extract<Via, { type: 'key' }>,
  { state, timeMs }: { readonly state: Pick<StateReader, 'get'>; readonly timeMs: number },
): Write {
  const { account, seq } = body
  if (account === null) throw unauthorized(account, 'a signed call needs an account')
  const found = findKey(state, account, via.key)
  if (found === undefined || keyIdOf(found.key) !== via.key) {
    throw unauthorized(account, `the key ${via.key} is not bound to it`)
  }
  const { key, seq: last } = found
  if (seq <= last) throw unauthorized(account, `its seq is ${seq}, the key's last was ${last}`)
  checkNotAfter(account, via.notAfter - timeMs)
  verifyCallSignature(body, key)
  const value = canonicalJson({ key: Buffer.from(key).toString('base64'), seq })
  return { object: keysObject(account), field: via.key, value: Buffer.from(value) }
}

/** The last number that this account's own key has signed, 0 where it has signed nothing; undefined for an account that is no key. */
export function lastSignedSeq(
  state: Pick<StateReader, 'get'>,
  account: string,
): number | undefined {
  const rawKey = keyOfAccount(account)
  return rawKey === undefined ? undefined : findKey(state, account, keyIdOf(rawKey))?.seq
}

type BoundKey = { readonly key: Uint8Array; readonly seq: number }

/** The account's key of this id: a bound one, or the one that the account itself is. */
function findKey(
  state: Pick<StateReader, 'get'>,
  account: string,
  keyId: string,
): BoundKey | undefined {
  const row = state.get(keysObject(account), keyId)
  if (row !== undefined) return boundKey(row)
  const key = keyOfAccount(account)
  return key === undefined ? undefined : { key, seq: 0 }
}

function checkNotAfter(account: string, aheadMs: number): void {
  if (aheadMs < 0) {
    const found = `its notAfter lies ${secondsOf(-aheadMs)} s back, by the service's clock`
    throw unauthorized(account, found)
  }
  if (aheadMs > maxNotAfterMs) {
    const found = `its notAfter is ${secondsOf(aheadMs)} s ahead of the service's clock`
    throw unauthorized(account, `${found}, at most ${secondsOf(maxNotAfterMs)} s are taken`)
  }
}

function boundKey(row: Uint8Array): BoundKey {
  const members = membersOf('key row', parseCanonicalJson(Buffer.from(row).toString(), 'key row'))
  return { key: Buffer.from(members.text('key'), 'base64'), seq: members.count('seq', 0) }
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000)
}
