// What the JS Registry face needs of the server.
import type { JsonObject } from '@stele/formats/json'
import type { NamedHost } from '@stele/formats/networks'
import type { ArchivedPackage } from '@stele/scanner/archives'
import type { NpmPorts } from '../npm/index.ts'

/** What the npm face has, and the network, where addresses can be uploaded from. */
export type JsRegistryPorts = NpmPorts & {
  /** Packages that scanners found beside the registry; absent where nothing is scanned. */
  readonly located?: LocatedReads
  readonly fetchFrom: FetchFrom
  /** Takes an archive apart, in a thread of its own; its bytes are not there any more afterwards. Throws what packArchive() of `@stele/scanner/archives` throws, and server_busy. */
  readonly packArchive: (bytes: Uint8Array) => Promise<readonly ArchivedPackage[]>
}

/** Fetches from these hosts, and no others. Throws address_refused, address_unreachable, which also more than `maxBytes` are. */
export type FetchFrom = (
  hosts: readonly NamedHost[],
) => (url: URL, maxBytes: number) => Promise<Uint8Array>

/** A located package, as far as the log and the scan know it. Digests are lower-case hex. */
export type LocatedVersion = {
  readonly name: string
  readonly version: string
  readonly scanner: string
  /** The files digest. */
  readonly files: string
  /** Its tarball, where it has one. */
  readonly distribution?: { readonly integrity: string; readonly shasum: string }
  /** The log knows a tarball of it, but its files are others now, or were not looked at yet: whoever reads the tarball is told why. */
  readonly awaitsTarball?: true
  /** Its files lie in an archive, or a tarball: to read one takes as long as to read all. */
  readonly isPacked?: true
  /** Where its files are shown besides: an address, or a path of this server. */
  readonly location?: string
  /** When its newest file was written, ms since 1970. */
  readonly modifiedMs?: number
}

/** A file of a located package. */
type LocatedFile = {
  readonly path: string
  readonly mode: 644 | 755
  readonly size: number
  readonly sha256: string
  readonly content: Uint8Array
}

/** Reads of located packages. What is given is what the log knows, whole: else server_busy, or located_changed, is thrown. */
export type LocatedReads = {
  readonly names: () => readonly string[]
  /** The versions of a name, none where it was not located. */
  readonly versions: (name: string) => readonly LocatedVersion[]
  /** Its package.json, with what npm makes of it when it publishes. */
  readonly manifest: (one: LocatedVersion) => Promise<JsonObject>
  /** Undefined where it has no such file. */
  readonly file: (one: LocatedVersion, path: string) => Promise<LocatedFile | undefined>
  readonly allFiles: (one: LocatedVersion) => Promise<readonly LocatedFile[]>
  /** Of one that has a distribution, or awaits its tarball. */
  readonly tarball: (one: LocatedVersion) => Promise<Uint8Array>
  /** The zip that it brought along; undefined where it is to be made of its files. */
  readonly ownZip: (one: LocatedVersion) => Promise<Uint8Array | undefined>
}
