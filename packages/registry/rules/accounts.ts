// Accounts: who takes part. An account is `active` or `closed` for ever; passwords and addresses are never here.
import { membersOf, refuse, textOf } from './refuse.ts'
import { callerId, isHost, makeDirectory, read, write, writeAtRoot } from './system.ts'

const accountForm = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** The very first call: the caller becomes the operator, and the first account. */
export function init(): void {
  const operator = accountOf(callerId())
  makeDirectory('/packages')
  makeDirectory('/names')
  write('/accounts', operator, 'active')
  writeAtRoot('operator', operator)
}

/** The caller takes part from now on. Nothing changes for an account that does already. */
export function join(): void {
  const account = accountOf(callerId())
  const status = read(`/accounts/${account}`)
  if (status === 'closed') throw closed(account)
  if (status === undefined) write('/accounts', account, 'active')
}

/** Closes an account, by itself or by the operator. It stays closed, and its name stays taken. */
export function close(request: unknown): void {
  const caller = activeCaller()
  const account = accountOf(membersOf(request, 'the request', { wanted: ['account'] })['account'])
  if (account !== caller && !isOperator(caller)) {
    throw refuse(
      'not_operator',
      `Cannot close "${account}": only the account itself or the operator may do that`,
    )
  }
  if (isOperator(account)) throw refuse('is_operator', "Cannot close the operator's account")
  requireActive(account)
  write('/accounts', account, 'closed')
}

/** The caller, who must be an active account: nobody else changes anything. */
export function activeCaller(): string {
  const account = accountOf(callerId())
  requireActive(account)
  return account
}

/** Refuses an account that never joined, or was closed. */
export function requireActive(account: string): void {
  const status = read(`/accounts/${account}`)
  if (status === 'closed') throw closed(account)
  if (status === undefined) {
    throw refuse('account_not_found', `There is no account "${account}" in this registry`)
  }
}

/** Refuses everyone but the server itself: what it observes, nobody else may say. */
export function requireHost(): void {
  if (!isHost()) throw refuse('not_host', 'Cannot take the call: the server alone may make it')
}

/** True for the operator, who may name owners and take down, but publishes only what he owns. */
export function isOperator(account: string): boolean {
  return read('/operator') === account
}

/** A well-formed account name. */
export function accountOf(value: unknown): string {
  if (value === undefined || value === null) {
    throw refuse('anonymous', 'Cannot take the call: log in first')
  }
  const account = textOf(value, 'the account', 64)
  if (!accountForm.test(account)) {
    throw refuse(
      'account_invalid',
      `Cannot use the account name "${account}": it must be 1 to 64 lower-case letters, digits, ".", "_" or "-", and start with a letter or digit`,
    )
  }
  return account
}

function closed(account: string): Error {
  return refuse('account_closed', `Cannot act for "${account}": the account is closed`)
}
