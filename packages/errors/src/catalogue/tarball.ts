// Errors of package tarballs.
import type { Catalogue } from './entry.ts'

export type TarballDetails = {
  tarball_invalid: { readonly reason: string }
  tarball_too_large: { readonly what: string; readonly limit: number; readonly found: number }
}

export const tarballErrors: Catalogue<TarballDetails> = {
  tarball_invalid: { status: 400, message: (d) => `Cannot read the tarball: ${d.reason}` },
  tarball_too_large: {
    status: 413,
    message: (d) =>
      `Cannot accept the tarball: ${d.what} is ${d.found}, and the limit is ${d.limit}`,
  },
}
