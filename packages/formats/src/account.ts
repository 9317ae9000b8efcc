// Account names.
import { SteleError } from '@stele/errors'

/** The text as an account name: lower case, 1 to 64 characters of `a-z 0-9 . _ -`, first a letter or digit. Throws account_invalid. */
export function parseAccountName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)) return text
  throw new SteleError('account_invalid', {
    account: text.slice(0, 64),
    reason:
      'it must have 1 to 64 characters of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit',
  })
}
