// What an audit finds. Each names the entry (its index in the log), where one is to blame, what was found and what was wanted.
import type { Catalogue } from './entry.ts'

/** What does not fit, as text that people read: cut to where the two differ. */
type Mismatch = { readonly what: string; readonly found: string; readonly wanted: string }

export type VerifyDetails = {
  verify_stopped: { readonly url: string }
  entry_mismatch: Mismatch & { readonly entry: number }
  file_mismatch: Mismatch & { readonly path: string; readonly entry: number | null }
  release_mismatch: Mismatch & { readonly spec: string; readonly entry: number }
  served_mismatch: Mismatch & { readonly name: string; readonly entry: number | null }
}

const evidence =
  "Keep this report and the log's checkpoint: they are evidence. Install nothing from this registry until its operator has explained it"

export const verifyErrors: Catalogue<VerifyDetails> = {
  verify_stopped: {
    status: 503,
    message: (d) => `Stopped before "${d.url}" was verified: nothing is known of it`,
  },
  entry_mismatch: {
    status: 403,
    message: (d) => `Entry ${d.entry} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  file_mismatch: {
    status: 403,
    message: (d) => `The file "${d.path}"${ofEntry(d.entry)} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  release_mismatch: {
    status: 403,
    message: (d) => `The release ${d.spec} of entry ${d.entry} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  served_mismatch: {
    status: 403,
    message: (d) =>
      `What is served for "${d.name}" is not what the log says${ofEntry(d.entry)}: ${compare(d)}`,
    fix: () => evidence,
  },
}

function compare({ what, found, wanted }: Mismatch): string {
  return `${what}: found ${found}, wanted ${wanted}`
}

function ofEntry(entry: number | null): string {
  return entry === null ? '' : ` (entry ${entry})`
}
