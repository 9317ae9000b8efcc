// What an audit finds. Each names the entry (its index in the log), where one is to blame.
import type { Catalogue } from './entry.ts'

export type VerifyDetails = {
  entry_mismatch: { readonly entry: number; readonly what: string; readonly reason: string }
  file_mismatch: { readonly path: string; readonly entry: number | null; readonly reason: string }
  release_mismatch: {
    readonly spec: string
    readonly entry: number
    readonly what: string
    readonly reason: string
  }
  served_mismatch: {
    readonly name: string
    readonly entry: number | null
    readonly what: string
    readonly reason: string
  }
}

export const verifyErrors: Catalogue<VerifyDetails> = {
  entry_mismatch: {
    status: 403,
    message: (d) => `Entry ${d.entry} does not verify: ${d.what} ${d.reason}`,
  },
  file_mismatch: {
    status: 403,
    message: (d) =>
      `The file "${d.path}" does not verify${d.entry === null ? '' : ` (entry ${d.entry})`}: ${d.reason}`,
  },
  release_mismatch: {
    status: 403,
    message: (d) =>
      `The release ${d.spec} of entry ${d.entry} does not verify: ${d.what} ${d.reason}`,
  },
  served_mismatch: {
    status: 403,
    message: (d) =>
      `What is served for "${d.name}" is not what the log says${d.entry === null ? '' : ` (entry ${d.entry})`}: ${d.what} ${d.reason}`,
  },
}
