// The key of a log that a person knows beforehand.
import { isSteleError, SteleError } from '@stele/errors'
import { readCommon } from '../verify/read-options.ts'

/** A log's key line, or its fingerprint, as "stele clone --key" takes it. Throws `usage_wrong`. */
export function parseLogKey(text: string): string {
  try {
    return readCommon({ key: text }).key ?? text
  } catch (error) {
    if (!isSteleError(error, 'usage_wrong')) throw error
    throw new SteleError('usage_wrong', { reason: error.details.reason, command: 'clone' })
  }
}
