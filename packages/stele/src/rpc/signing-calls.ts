// Signs the calls of one connection, one after the other: each has a number, and the service takes them only upwards.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { RpcFailure } from './call-errors.ts'
import type { Identity } from './identity.ts'
import { maxClockSkewMs, signedForMs } from './limits.ts'

/** Sends a request with these members besides `jsonrpc` and `id`, and gives its result. */
export type SendRequest = (members: { readonly [name: string]: JsonValue }) => Promise<JsonValue>

/** Calls a method, signed. Throws what the service answers. */
export type SignedCall = (method: string, params: readonly JsonValue[]) => Promise<JsonValue>

/**
 * Asks for the key's last number, and gives what signs calls from there on. Throws `identity_refused` where the service takes
 * no signed calls, or a clock is wrong.
 */
export async function signCalls(
  send: SendRequest,
  {
    identity,
    origin,
    nowMs = Date.now,
  }: { readonly identity: Identity; readonly origin: string; readonly nowMs?: () => number },
): Promise<SignedCall> {
  const { account, keyId: key } = identity
  let seq = await askSeq(send, account, nowMs)
  let last: Promise<unknown> = Promise.resolve()
  const sendSigned = (method: string, args: readonly JsonValue[]): Promise<JsonValue> => {
    seq++
    const notAfter = nowMs() + signedForMs
    const via = { type: 'key', key, notAfter, signature: '' } as const
    const signature = identity.sign({ v: 1, origin, account, seq, via, method, args })
    const stele = { account, origin, seq, notAfter, key, signature }
    return send({ method, params: args, stele })
  }
  const call: SignedCall = async (method, params) => {
    const args: JsonValue[] = JSON.parse(JSON.stringify(params)) // As the service will read them.
    try {
      return await sendSigned(method, args)
    } catch (error) {
      if (!isRefused(error)) throw error
      seq = await askSeq(send, account, nowMs) // Another program may have called with the same key. Nothing was done yet.
      return sendSigned(method, args)
    }
  }
  return (method, params) => {
    const done = last.then(() => call(method, params))
    last = done.catch(() => undefined)
    return done
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof RpcFailure && error.reason === 'call_unauthorized'
}

async function askSeq(send: SendRequest, account: string, nowMs: () => number): Promise<number> {
  const { seq, timeMs } = objectOf(await send({ method: 'stele.seq', params: [account] }))
  if (typeof seq !== 'number' || typeof timeMs !== 'number') {
    throw refused(account, 'the service does not say which number comes next')
  }
  const aheadMs = nowMs() - timeMs
  if (Math.abs(aheadMs) > maxClockSkewMs) {
    const found = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`
    throw refused(
      account,
      `this machine's clock is ${found} the service's; set the one that is wrong`,
    )
  }
  return seq
}

function objectOf(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {}
}

function refused(account: string, reason: string): SteleError {
  return new SteleError('identity_refused', { account, reason })
}
