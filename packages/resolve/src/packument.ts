// What a registry tells of a package, as far as resolving needs it: the abbreviated form. All of it is a stranger's word.

/** Names to ranges. */
type Ranges = { readonly [name: string]: string }

/** A version of a packument, or the package.json of what is no registry's. */
export type Release = {
  readonly name: string
  readonly version: string
  readonly dependencies?: Ranges
  readonly optionalDependencies?: Ranges
  readonly peerDependencies?: Ranges
  readonly peerDependenciesMeta?: { readonly [name: string]: { readonly optional?: boolean } }
  readonly bundleDependencies?: readonly string[] | boolean
  readonly bundledDependencies?: readonly string[] | boolean
  readonly bin?: string | { readonly [name: string]: string }
  readonly directories?: { readonly bin?: string }
  readonly engines?: { readonly [name: string]: string } | readonly string[]
  readonly os?: readonly string[] | string
  readonly cpu?: readonly string[] | string
  readonly libc?: readonly string[] | string
  readonly deprecated?: string | boolean
  readonly hasInstallScript?: boolean
  /** Of registries that give whole documents. */
  readonly scripts?: { readonly [name: string]: unknown }
  readonly dist: Dist
}

/** Where its tarball is, and what it hashes to. */
type Dist = {
  readonly tarball: string
  readonly integrity?: string
  readonly shasum?: string
  readonly attestations?: unknown
  /** The digest of its file list, where a registry that proves its releases told it (spec/release.md). */
  readonly files?: string
}

/** Whether the registry says that the package runs something when it is installed. */
export function hasInstallScript({ hasInstallScript: isTold, scripts }: Release): boolean {
  if (isTold === true) return true
  const isThere = (event: string): boolean => typeof scripts?.[event] === 'string'
  return isThere('install') || isThere('preinstall') || isThere('postinstall')
}

/** A package of a registry. */
export type Packument = {
  readonly name: string
  readonly 'dist-tags': { readonly [tag: string]: string }
  readonly versions: { readonly [version: string]: Release }
  /** When each version was published, in ISO 8601; not in the abbreviated form. */
  readonly time?: { readonly [version: string]: string }
  /** Whether any version has attestations, where that is known without reading all of them. */
  readonly hasAttestations?: boolean
  /** When anything of it changed last: no version is younger. */
  readonly modified?: string
}

const oneHash = 'sha(?:1|256|384|512)-[A-Za-z0-9+/_-]+={0,2}(?:\\?[!-~]*)?'
const integrityForm = new RegExp(`^${oneHash}(?: ${oneHash})*$`)

/** Whether the text is one or several hashes, a blank between two. It stands in lines and keys, so it holds nothing else. */
export function isIntegrity(text: string): boolean {
  return integrityForm.test(text)
}

/** The hashes that are known of a tarball, in the form of subresource integrity: old releases have a SHA-1 alone, in hex. */
export function integrityOf({ integrity, shasum }: Release['dist']): string | undefined {
  if (integrity !== undefined && integrity !== '') return integrity
  return shasum === undefined ? undefined : `sha1-${Buffer.from(shasum, 'hex').toString('base64')}`
}
