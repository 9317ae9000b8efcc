// JSON-RPC 2.0, as NodeVMS and rpc-websockets speak it: requests read, answers written.
import type { SignedBy } from '@stele/entries/senders'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { maxBatch, maxOriginLength, maxRpcValues, maxUserLength } from '../limits.ts'

/** A request. Without an id it is a notification, which is not answered. */
export type RpcRequest = {
  readonly id: RpcId | undefined
  readonly method: string
  readonly params: readonly JsonValue[]
  /** What its caller has signed it with (spec/state.md "Call body"). */
  readonly signed?: SignedRequest
}

/** The member `stele` of a request. */
type SignedRequest = SignedBy & { readonly account: string; readonly origin: string }

/** What tells answers apart. */
export type RpcId = string | number | null

/** What a request is answered with. */
export type RpcError = {
  readonly code: number
  readonly message: string
  readonly data?: JsonValue
}

/** What came in one message: a request, a batch of them, or something else. */
export type RpcMessage =
  | { readonly requests: readonly (RpcRequest | Refused)[]; readonly isBatch: boolean }
  | { readonly refused: Refused }

/** A message, or a part of one, that is not a request. */
export type Refused = { readonly id: RpcId; readonly error: RpcError }

const parseError = -32_700
const invalidRequest = -32_600
const methodNotFound = -32_601
const invalidParams = -32_602
/** What the script threw; and, as NodeVMS has it, that too many calls wait. */
const callFailed = -32_000
/** Calls have to be signed here. */
const callUnsigned = -32_001
/** What the service itself says instead of a result: `data.code` tells what. A script cannot make such an answer. */
const callRefused = -32_002

/** Reads a message. What is wrong with it is part of what it gives. */
export function parseMessage(text: string): RpcMessage {
  const read = readJson(text)
  if ('reason' in read) {
    return { refused: refuse(null, parseError, 'Parse error', read.reason) }
  }
  const { value } = read
  if (!Array.isArray(value)) return { requests: [parseRequest(value)], isBatch: false }
  if (value.length === 0) {
    return { refused: refuse(null, invalidRequest, 'Invalid Request', 'the batch is empty') }
  }
  if (value.length > maxBatch) {
    const reason = `the batch has ${value.length} requests, at most ${maxBatch} are taken at once`
    return { refused: refuse(null, invalidRequest, 'Invalid Request', reason) }
  }
  return { requests: value.map(parseRequest), isBatch: true }
}

/** An answer, as text. */
export function formatAnswer(
  id: RpcId,
  answer: { readonly result: JsonValue } | { readonly error: RpcError },
): string {
  return JSON.stringify({ jsonrpc: '2.0', ...answer, id })
}

/** What is said of a call in a batch whose answers are long already: it was done. */
export function tooLargeForBatch(): RpcError {
  const code = 'answer_too_large'
  const message =
    'The call was done, and what it gave is in the call log: the answers to one batch are longer than what is sent at once'
  return { code: callRefused, message: code, data: { code, message } }
}

/** What is said where a caller asks for the number of no key. */
export function notAKey(): RpcError {
  const data = 'the account is not a key, such as ed25519:<43 characters of base64url>'
  return { code: invalidParams, message: 'Invalid params', data }
}

/** What is said of a method that the script does not offer. */
export function noSuchMethod(method: string): RpcError {
  return { code: methodNotFound, message: 'Method not found', data: method.slice(0, 200) }
}

/** What a script threw: its name as the message, its message as the data. */
export function scriptError({
  name,
  message,
}: {
  readonly name: string
  readonly message: string
}): RpcError {
  return { code: callFailed, message: name, data: message }
}

/** What kept a call from being run, or from being answered. */
export function refusalOf({ code, message, fix }: SteleError): RpcError {
  const data = { code, message, ...(fix === undefined ? {} : { fix }) }
  // NodeVMS's own code and words, which its clients may look for.
  if (code === 'log_busy') return { code: callFailed, message: 'too many active requests', data }
  return { code: code === 'call_unsigned' ? callUnsigned : callRefused, message: code, data }
}

function readJson(text: string): { readonly value: JsonValue } | { readonly reason: string } {
  try {
    return { value: parseJson(text, 'the message', maxRpcValues) }
  } catch (error) {
    if (!isSteleError(error)) throw error
    return { reason: error.message }
  }
}

function parseRequest(value: JsonValue): RpcRequest | Refused {
  if (!isJsonObject(value)) {
    return refuse(null, invalidRequest, 'Invalid Request', 'it is not an object')
  }
  const id = idOf(value)
  if (id === undefined && Object.hasOwn(value, 'id')) {
    return refuse(null, invalidRequest, 'Invalid Request', '"id" is neither text nor a number')
  }
  if (value['jsonrpc'] !== '2.0') {
    return refuse(id ?? null, invalidRequest, 'Invalid Request', '"jsonrpc" is not "2.0"')
  }
  const { method, params = [] } = value
  if (typeof method !== 'string' || method === '') {
    return refuse(id ?? null, invalidRequest, 'Invalid Request', '"method" is not a name')
  }
  if (!Array.isArray(params)) {
    const reason = '"params" is not the list of arguments'
    return refuse(id ?? null, invalidParams, 'Invalid params', reason)
  }
  if (value['stele'] === undefined) return { id, method, params }
  const signed = readSigned(value['stele'])
  if (typeof signed !== 'string') return { id, method, params, signed }
  return refuse(id ?? null, invalidRequest, 'Invalid Request', `"stele" ${signed}`)
}

const signedMembers = ['account', 'key', 'notAfter', 'origin', 'seq', 'signature'] as const

/** What a caller has signed with, or what is wrong with it. */
function readSigned(value: JsonValue): SignedRequest | string {
  if (!isJsonObject(value)) return 'is not an object'
  const stranger = Object.keys(value).find((name) => !signedMembers.some((known) => known === name))
  if (stranger !== undefined) return `has a member "${stranger.slice(0, 40)}"`
  const { account, origin, key, signature, seq, notAfter } = value
  if (!isText(account, maxUserLength)) return 'has no account'
  if (!isText(origin, maxOriginLength)) return 'has no origin'
  if (!isText(key, 64) || !/^[0-9a-f]{64}$/.test(key)) return 'has no key: the hex SHA-256 of it'
  if (!isText(signature, 88)) return 'has no signature: the base64 of 64 bytes'
  if (!isCount(seq, 1)) return 'has no seq: a whole number from 1'
  if (!isCount(notAfter, 0)) return 'has no notAfter: milliseconds since 1970'
  return { account, origin, key, signature, seq, notAfter }
}

function isText(value: JsonValue | undefined, most: number): value is string {
  return typeof value === 'string' && value.length <= most && value.isWellFormed()
}

function isCount(value: JsonValue | undefined, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least
}

function idOf({ id }: JsonObject): RpcId | undefined {
  if (typeof id === 'string' || typeof id === 'number' || id === null) return id
  return undefined
}

function refuse(id: RpcId, code: number, message: string, data: string): Refused {
  return { id, error: { code, message, data } }
}
