// Calls into the rules: submitting them, and what their refusals mean to a client.

import type { CallAnswer, CallRequest, StateReader, SubmitCall } from '@stele/entries/calls'
import type { VouchedVia } from '@stele/entries/senders'
import { type DetailsOf, SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { isOperator, packageObject, readAccount, readOrigin } from '@stele/releases/state'
import { isUnpublished } from './missing.ts'

/** What a refusal is about. */
type CallSubject = {
  readonly name: string
  readonly version?: string
  readonly tag?: string
}

/** A call that a face makes for an account. */
export type RuleCall = {
  readonly account: string
  /** How the caller was recognised; by a token when absent. */
  readonly via?: VouchedVia | undefined
  readonly method: string
  readonly request: JsonObject
  readonly subject: CallSubject
} & Pick<CallRequest, 'blobs' | 'prepared'>

/** Submits a call, and throws what the rules refuse as an error of the catalogue. */
export async function submitRule(submit: SubmitCall, call: RuleCall): Promise<CallAnswer> {
  const { account, via = 'token', method, request, subject, blobs, prepared } = call
  const answer = await submit({
    account,
    via,
    method,
    args: [request],
    ...(blobs === undefined ? {} : { blobs }),
    ...(prepared === undefined ? {} : { prepared }),
  })
  if (answer.outcome.ok) return answer
  throw refusalOf(method, answer.outcome.error, subject)
}

/** Refuses what the rules would refuse, before it reaches the log: an account that does not take part. */
export function requireActive(state: StateReader, account: string, method: string): void {
  const status = readAccount(state, account)
  if (status === 'active') return
  const [name, message] =
    status === undefined
      ? ['account_not_found', `There is no account "${account}" in this registry`]
      : ['account_closed', `Cannot act for "${account}": the account is closed`]
  throw new SteleError('rule_refused', { method, name, message })
}

/** What somebody wants to change of a package. */
export type OwnedChange = DetailsOf['upstream_owned']['change']

/** Refuses a package that belongs to an upstream: nobody here can change it. Throws upstream_owned. */
export function requireOwn(state: StateReader, name: string, change: OwnedChange): void {
  const origin = readOrigin(state, name)
  if (origin === undefined || origin === 'hosted') return
  throw new SteleError('upstream_owned', { name, upstream: origin, change })
}

const changes: { readonly [method: string]: OwnedChange } = {
  publish: 'publish',
  deprecate: 'deprecate',
  unpublish: 'unpublish',
  tag: 'tag',
  untag: 'tag',
  addOwner: 'owner',
}

/** Refuses who is not an owner; the operator passes where the rules let him. */
export function requireOwner(
  state: StateReader,
  { account, name, method }: { account: string; name: string; method: string },
  { orOperator }: { orOperator: boolean } = { orOperator: false },
): void {
  requireActive(state, account, method)
  requireOwn(state, name, changes[method] ?? 'publish')
  if (state.get(`${packageObject(name)}/owners`, account) !== undefined) return
  if (orOperator && isOperator(state, account)) return
  const more = isUnpublished(state, name)
    ? '; it was unpublished, and its name stays with them'
    : ''
  const message = `Cannot change "${name}": "${account}" is not one of its owners${more}`
  throw new SteleError('rule_refused', { method, name: 'not_owner', message })
}

function refusalOf(
  method: string,
  { name, message }: { readonly name: string; readonly message: string },
  subject: CallSubject,
): SteleError {
  const spec = subject.version === undefined ? subject.name : `${subject.name}@${subject.version}`
  switch (name) {
    case 'version_exists':
      return new SteleError('version_exists', { spec })
    case 'version_not_found':
      return new SteleError('version_not_found', { spec })
    case 'package_not_found':
      return new SteleError('package_not_found', { name: subject.name })
    case 'tag_not_found':
      return new SteleError('tag_not_found', { name: subject.name, tag: subject.tag ?? '' })
    case 'name_invalid':
      return new SteleError('name_invalid', { name: subject.name, reason: message })
    default:
      return new SteleError('rule_refused', { method, name, message })
  }
}
