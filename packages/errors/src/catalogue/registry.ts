// Errors of the registry: what its rules or its faces refuse.
import type { Catalogue } from './entry.ts'

export type RegistryDetails = {
  /** `unpublished` is the day, as 2026-11-21; absent where there was no such package. */
  package_not_found: {
    readonly name: string
    readonly unpublished?: string
    readonly elsewhere?: Elsewhere
  }
  version_not_found: {
    readonly spec: string
    readonly unpublished?: boolean
    readonly elsewhere?: Extract<Elsewhere, { readonly left: string }>
  }
  version_exists: { readonly spec: string; readonly unpublished?: boolean }
  taken_down: { readonly spec: string; readonly reason: string }
  rule_refused: { readonly method: string; readonly name: string; readonly message: string }
  package_too_large: {
    readonly spec: string
    readonly what: string
    readonly found: number
    readonly limit: number
  }
  upload_invalid: { readonly spec: string; readonly reason: string }
  /** What somebody wants fetched and published, by its address, without what may be secret in that. */
  address_refused: { readonly url: string; readonly reason: string }
  address_unreachable: { readonly url: string; readonly reason: string }
  /** A scanned release whose files are not those that were located first. */
  located_changed: { readonly spec: string; readonly what: string }
  manifest_differs: { readonly spec: string; readonly members: readonly string[] }
  revision_stale: { readonly name: string; readonly found: string; readonly wanted: string }
  tag_not_found: { readonly name: string; readonly tag: string }
  access_refused: { readonly spec: string }
  provenance_refused: { readonly spec: string }
  change_invalid: { readonly name: string; readonly reason: string }
}

/** What upstreams have to do with what is not here, by their ids. */
type Elsewhere =
  /** It was asked, and does not have it either. */
  | { readonly asked: string }
  /** The package came from it, and the settings do not name it any more. */
  | { readonly left: string }
  /** Why none of them is asked. */
  | { readonly unasked: 'reserved' | 'private' }

export const registryErrors: Catalogue<RegistryDetails> = {
  package_not_found: {
    status: 404,
    message: (d) =>
      `Cannot find the package "${d.name}": ${
        d.unpublished === undefined
          ? whyNotHere(d.elsewhere)
          : `it was unpublished on ${d.unpublished}; its name stays with its owners`
      }`,
  },
  version_not_found: {
    status: 404,
    message: (d) => `Cannot find ${d.spec}: ${whyNoVersion(d)}`,
  },
  taken_down: {
    status: 451,
    message: (d) => `Cannot get ${d.spec}: the operator took it down ("${d.reason}")`,
  },
  version_exists: {
    status: 409,
    message: (d) =>
      `Cannot publish ${d.spec}: you cannot publish over the previously published versions${d.unpublished === true ? ', and this one was unpublished' : ''}`,
    fix: () =>
      'Raise the version and publish again; a version is never reused, not even after its removal',
  },
  rule_refused: { status: 403, message: (d) => d.message },
  package_too_large: {
    status: 413,
    message: (d) =>
      `Cannot publish ${d.spec}: ${d.what} would take ${d.found} bytes, and the limit is ${d.limit}`,
    fix: () =>
      'Move large data from package.json into a file of the package, or remove old versions',
  },
  upload_invalid: { status: 400, message: (d) => `Cannot publish ${d.spec}: ${d.reason}` },
  address_refused: { status: 403, message: (d) => `Cannot fetch "${d.url}": ${d.reason}` },
  address_unreachable: {
    status: 422, // Not 5xx: clients would retry, and nothing is wrong here.
    message: (d) => `Cannot fetch "${d.url}": ${d.reason}`,
  },
  located_changed: {
    status: 409,
    message: (d) =>
      `Cannot serve ${d.what} of ${d.spec}: it is not what was located first, and only a SNAPSHOT may change`,
    fix: () => 'Put its files back as they were, or give the package another version',
  },
  manifest_differs: {
    status: 400,
    message: (d) =>
      `Cannot publish ${d.spec}: the manifest that was sent and the package.json in the tarball differ in ${d.members.join(', ')}`,
    fix: () => 'Pack and publish again; no script may change package.json after packing',
  },
  revision_stale: {
    status: 409,
    message: (d) =>
      `Cannot change "${d.name}": somebody changed it meanwhile (the change is based on revision ${d.found}, the newest is ${d.wanted})`,
    fix: () => 'Try again',
  },
  tag_not_found: {
    status: 404,
    message: (d) => `Cannot find the tag "${d.tag}": "${d.name}" has no such tag`,
  },
  access_refused: {
    status: 403,
    message: (d) =>
      `Cannot publish ${d.spec} with restricted access: everyone who can read this registry can read all of it`,
    fix: () =>
      'Publish with "--access public"; for yarn 4 set "npmPublishAccess: public" in .yarnrc.yml',
  },
  provenance_refused: {
    status: 400,
    message: (d) => `Cannot publish ${d.spec}: this registry does not accept provenance statements`,
    fix: () => 'Publish without provenance ("--no-provenance")',
  },
  change_invalid: {
    status: 400,
    message: (d) => `Cannot change "${d.name}": ${d.reason}`,
  },
}

function whyNotHere(elsewhere: Elsewhere | undefined): string {
  const notHere = 'it is not in this registry'
  if (elsewhere === undefined) return notHere
  if ('left' in elsewhere) return cameFrom(elsewhere.left)
  if ('asked' in elsewhere) return `${notHere}, nor at the upstream "${elsewhere.asked}"`
  return elsewhere.unasked === 'reserved'
    ? `${notHere}, and no upstream is asked, since the name is reserved here`
    : `${notHere}, and no upstream is asked, since its settings say that the name is private`
}

function whyNoVersion({ unpublished, elsewhere }: RegistryDetails['version_not_found']): string {
  if (elsewhere !== undefined) return cameFrom(elsewhere.left)
  return unpublished === true ? 'that version was unpublished' : 'this registry has no such version'
}

function cameFrom(upstream: string): string {
  return `it came from the upstream "${upstream}", which is not in the settings of this registry any more`
}
