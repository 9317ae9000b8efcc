// What an oracle is told instead of an answer, as it is thrown on the way there.
import type { OracleErrorName } from '@stele/entries/oracles'

/** A failure that the script's oracle sees, by this name. */
export class OracleFailure extends Error {
  constructor(name: OracleErrorName, message: string) {
    super(message)
    this.name = name
  }
}

/** The request is not one that can be answered. */
export function badRequest(message: string): OracleFailure {
  return new OracleFailure('TypeError', message)
}

/** The operator does not allow it. */
export function refused(message: string): OracleFailure {
  return new OracleFailure('NotAllowedError', message)
}

/** It was allowed, and went wrong. */
export function failed(message: string, name: OracleErrorName = 'FetchError'): OracleFailure {
  return new OracleFailure(name, message)
}
