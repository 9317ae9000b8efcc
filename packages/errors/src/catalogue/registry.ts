// Errors of the registry: what its rules or its faces refuse.
import type { Catalogue } from './entry.ts'

export type RegistryDetails = {
  package_not_found: { readonly name: string }
  version_not_found: { readonly spec: string }
  version_exists: { readonly spec: string }
  rule_refused: { readonly method: string; readonly name: string; readonly message: string }
  upload_invalid: { readonly spec: string; readonly reason: string }
  manifest_differs: { readonly spec: string; readonly members: readonly string[] }
  revision_stale: { readonly name: string; readonly found: string; readonly wanted: string }
  tag_not_found: { readonly name: string; readonly tag: string }
  access_refused: { readonly spec: string }
  provenance_refused: { readonly spec: string }
  change_invalid: { readonly name: string; readonly reason: string }
}

export const registryErrors: Catalogue<RegistryDetails> = {
  package_not_found: {
    status: 404,
    message: (d) => `Cannot find the package "${d.name}": this registry has none of that name`,
  },
  version_not_found: {
    status: 404,
    message: (d) => `Cannot find ${d.spec}: this registry has no such version`,
  },
  version_exists: {
    status: 409,
    message: (d) =>
      `Cannot publish ${d.spec}: that version is already in the log, you cannot publish over the previously published versions`,
    fix: () => 'Raise the version and publish again: a version is never reused, also after removal',
  },
  rule_refused: { status: 403, message: (d) => d.message },
  upload_invalid: { status: 400, message: (d) => `Cannot publish ${d.spec}: ${d.reason}` },
  manifest_differs: {
    status: 400,
    message: (d) =>
      `Cannot publish ${d.spec}: the manifest sent and the package.json inside the tarball differ in ${d.members.join(', ')}`,
    fix: () =>
      'Publish with an unmodified client; a script must not change package.json after packing',
  },
  revision_stale: {
    status: 409,
    message: (d) =>
      `Cannot change "${d.name}": the change was made against revision ${d.found}, the newest is ${d.wanted}`,
    fix: () => 'Try again: the client then reads the newest revision',
  },
  tag_not_found: {
    status: 404,
    message: (d) => `Cannot find the tag "${d.tag}" of "${d.name}"`,
  },
  access_refused: {
    status: 403,
    message: (d) =>
      `Cannot publish ${d.spec} with restricted access: whoever can read this registry can read all of it`,
    fix: () => 'Publish with "--access public", or into a registry that only its readers reach',
  },
  provenance_refused: {
    status: 400,
    message: (d) => `Cannot publish ${d.spec}: this registry does not take provenance statements`,
    fix: () => 'Publish without provenance ("--no-provenance")',
  },
  change_invalid: {
    status: 400,
    message: (d) => `Cannot change "${d.name}": ${d.reason}`,
  },
}
