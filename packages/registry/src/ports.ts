// What the registry needs of the world.
import type { StateReader, SubmitCall } from '@stele/entries/calls'
import type { JsonObject } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import type { DocumentJob, ReadDocument } from './document.ts'
import type { ViewReader } from './view-reader.ts'

/** The ports of the registry. `state` and `views` read one database: a snapshot of the views is one of both. */
export type RegistryPorts = {
  readonly state: StateReader
  readonly views: ViewReader
  /** The log's blobs, where what was only seen of upstreams is to be told; undefined of one that is withheld. */
  readonly blobs?: (name: string) => Uint8Array | undefined
  readonly submit: SubmitCall
  /** Reads large documents on another thread; all are read at once when absent. Throws server_busy, rate_limited. */
  readonly ingest?: (job: DocumentJob) => Promise<ReadDocument>
  /** What upstreams show; absent where none are asked. */
  readonly upstream?: UpstreamReads
  /** Only accounts may read it: then a package may be published for them alone. */
  readonly isClosed?: boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Other registries, as far as this one reads them. */
export type UpstreamReads = {
  /** What the log calls them. */
  readonly ids: readonly string[]
  /** How each of them does. */
  readonly states: () => readonly UpstreamState[]
  /** The upstream that a name belongs to, or that it is to be asked of; undefined for what is this registry's own. */
  readonly whose: (name: string) => string | undefined
  /** True for a name of which the operator lets no upstream hear. */
  readonly isPrivate: (name: string) => boolean
  /** Asks, where what is known is not new enough; what is new is in the log when it resolves. */
  readonly prepare: (
    name: PackageName,
    form: Form,
    client?: string,
  ) => Promise<Prepared | undefined>
  /** The same for somebody who publishes. Throws upstream_unsure where the upstream does not answer. */
  readonly prepareToPublish: (name: PackageName, form: Form, client?: string) => Promise<void>
  /** `digest` names its content; undefined where there is no such package. */
  readonly head: (
    name: string,
    form: Form,
  ) => { readonly digest: string | undefined; readonly modifiedMs: number | undefined } | undefined
  /** The packument's JSON in UTF-8, U+0000 standing for the base address of each tarball. */
  readonly template: (name: string, form: Form) => Uint8Array | undefined
  /** What clients do not get of upstreams; absent where that is nothing. */
  readonly heldBack?: HeldBack
  /** A tarball, chosen in the log before this resolves; undefined where there is none. */
  readonly tarball: (
    name: PackageName,
    version: string,
    client?: string,
  ) => Promise<UpstreamTarball | undefined>
  /**
   * What upstreams know of the packages that came from them; `unknown` are names of which none was asked, or none knows,
   * `silent` the upstreams that were asked and give no advisories at all.
   */
  readonly advisories: (
    packages: ReadonlyMap<string, readonly string[]>,
    client?: string,
  ) => Promise<{
    readonly found: JsonObject
    readonly unknown: readonly string[]
    readonly silent: readonly string[]
  }>
  /** A page of what an upstream finds, none of it this registry's own; undefined where none is told of the text. */
  readonly search: (
    page: { readonly text: string; readonly from: number; readonly size: number },
    client?: string,
  ) => Promise<{ readonly objects: readonly JsonObject[]; readonly total: number } | undefined>
}

/** What the operator keeps from clients. */
export type HeldBack = {
  /** Names, versions and scopes, as they are written in the settings. */
  readonly blocked: readonly string[]
  /** Younger versions are held back. */
  readonly minimumAgeMs: number
  /** How often one was refused since the server started. */
  readonly refusals: () => number
}

/** How an upstream does. Times are in ms. */
export type UpstreamState = {
  readonly id: string
  /** Whether its last answer was one; undefined where nothing was asked yet. */
  readonly isAnswering: boolean | undefined
  /** How long it is left alone, because it failed too often. */
  readonly restMs: number
  /** What went wrong last; `atMs` since 1970. */
  readonly lastError: { readonly reason: string; readonly atMs: number } | undefined
}

/** What an upstream says of a package, as it was found. */
export type Prepared = {
  /** How long it is served without asking again, in milliseconds from now on. */
  readonly lastsMs: number
}

/** The tarball of an upstream's release: a file that is here, or bytes as they come. */
export type UpstreamTarball = {
  /** As it was pinned, SRI. */
  readonly integrity: string
  readonly body:
    | { readonly file: string; readonly sizeBytes: number }
    | { readonly bytes: AsyncIterable<Uint8Array>; readonly sizeBytes: number | undefined }
}
