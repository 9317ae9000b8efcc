// The settings of accounts.
import { choice, type Section } from '@stele/settings'
import type { SignUpSettings } from './sign-up-policy.ts'

/** What the operator says about accounts. */
export type AccountsSettings = Pick<SignUpSettings, 'signUp'> & {
  /** Who may read: everyone who reaches the server, or accounts alone. */
  readonly access: 'public' | 'authenticated'
}

/** Its settings stand at the top of the file. */
export const accountsSection: Section<AccountsSettings> = {
  name: '',
  fields: {
    signUp: {
      summary:
        'who may sign up: auto (anyone while it listens on loopback without a proxy), open or closed',
      kind: choice(['auto', 'open', 'closed']),
      fallback: 'auto',
    },
    access: {
      summary: 'who may read: public (everyone who reaches it) or authenticated (accounts only)',
      kind: choice(['public', 'authenticated']),
      fallback: 'public',
    },
  },
}
