// Signatures over bodies: a caller's over a call, the roots' over config and takedown (spec/state.md "Leaf").
import { createPublicKey, hash, verify } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import { parseVkey } from '@stele/tlog/notes'
import type { CallBody, ConfigBody, RootSignature, Roots, TakedownBody } from './body.ts'

/** What a caller signs: `stele/call/v1` LF and the canonical body without `via.signature` and `oracles`. */
export function callPayload(body: CallBody): Uint8Array {
  const { oracles: _recorded, via, ...rest } = body
  if (via.type !== 'key') throw new Error('Only calls via a key are signed')
  const { signature: _signature, ...unsigned } = via
  return payload('stele/call/v1', { ...rest, via: unsigned })
}

/** What root keys sign: the domain line and the canonical body without `signatures`. */
export function rootPayload(body: ConfigBody | TakedownBody): Uint8Array {
  const { signatures: _signatures, ...rest } = body
  return payload('set' in rest ? 'stele/config/v1' : 'stele/takedown/v1', rest)
}

/** Hex SHA-256 of a raw 32-byte public key. */
export function keyIdOf(rawKey: Uint8Array): string {
  return hash('sha256', rawKey)
}

const keyAccount = /^ed25519:([A-Za-z0-9_-]{43})$/

/** The account that this raw key is. */
export function accountOfKey(rawKey: Uint8Array): string {
  return `ed25519:${Buffer.from(rawKey).toString('base64url')}`
}

/** The raw key that an `ed25519:…` account is, or undefined for a named account. */
export function keyOfAccount(account: string | null): Uint8Array | undefined {
  const match = account === null ? null : keyAccount.exec(account)
  if (match?.[1] === undefined) return undefined
  const key = Buffer.from(match[1], 'base64url')
  return accountOfKey(key) === account ? key : undefined // One account for one key: its last digit has two spare bits.
}

/** Throws `call_unauthorized` unless the key signed this call. */
export function verifyCallSignature(body: CallBody, rawKey: Uint8Array): void {
  const { via } = body
  if (via.type !== 'key') throw new Error('Only calls via a key are signed')
  if (keyIdOf(rawKey) !== via.key) throw unauthorized(body.account, 'the key is not the one named')
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(rawKey).toString('base64url') },
    format: 'jwk',
  })
  if (!verify(null, callPayload(body), key, decodeSignature(body.account, via.signature))) {
    throw unauthorized(body.account, 'its signature does not verify')
  }
}

/** Throws `call_unauthorized` unless at least `roots.threshold` different root keys signed the body. */
export function verifyRootSignatures(body: ConfigBody | TakedownBody, roots: Roots): void {
  const message = rootPayload(body)
  const signers = new Set<string>()
  for (const signature of body.signatures) {
    if (signers.has(signature.key)) throw unauthorized(body.account, 'a root key signed twice')
    verifyOne(body.account, roots, { message, signature })
    signers.add(signature.key)
  }
  if (signers.size < roots.threshold) {
    throw unauthorized(
      body.account,
      `it has ${signers.size} of the ${roots.threshold} root-key signatures that it needs`,
    )
  }
}

function verifyOne(
  account: string | null,
  roots: Roots,
  { message, signature }: { message: Uint8Array; signature: RootSignature },
): void {
  if (!roots.keys.includes(signature.key)) throw unauthorized(account, 'a signer is no root key')
  const bytes = decodeSignature(account, signature.signature)
  if (!parseVkey(signature.key).verify(message, bytes)) {
    throw unauthorized(account, `the signature of "${signature.key}" does not verify`)
  }
}

function decodeSignature(account: string | null, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== 64 || bytes.toString('base64') !== text) {
    throw unauthorized(account, 'a signature is not the base64 of 64 bytes')
  }
  return bytes
}

function payload(
  domain: string,
  body: { readonly [name: string]: JsonValue | object },
): Uint8Array {
  return Buffer.from(`${domain}\n${canonicalJson(body)}`)
}

/** That a call or an entry may not be made by whoever signed it. */
export function unauthorized(account: string | null, reason: string): SteleError {
  return new SteleError('call_unauthorized', { account, reason })
}
